using System.Text.RegularExpressions;

namespace TfeBackup.Engine.Vault;

/// <summary>
/// The names Vault accepts for Transit keys: letters, digits, <c>_</c>, and inside also <c>-</c> and <c>.</c>. None of them
/// needs escaping in a URL, in COPY text, in JSON or in an age stanza, and none holds the colon that ends a name in the
/// plaintext marker.
/// </summary>
internal static partial class TransitKeyName
{
    /// <summary>True if <paramref name="name"/> can be a Transit key's name.</summary>
    /// <param name="name">The name.</param>
    public static bool IsValid(string name) => Pattern().IsMatch(name);

    [GeneratedRegex(@"\A[0-9A-Za-z_](?:[0-9A-Za-z_.-]*[0-9A-Za-z_])?\z")]
    private static partial Regex Pattern();
}

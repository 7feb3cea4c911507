using System.Text.RegularExpressions;

namespace TfeBackup.Operations.Model;

/// <summary>
/// The rule for names of installations: 1 to 40 lower-case letters, digits and inner hyphens. Names become folder names, blob
/// names and parts of operation ids (at most 100 characters in some hosts), on systems that may ignore case.
/// </summary>
public static partial class InstallationName
{
    /// <summary>The rule in an operator's words.</summary>
    public const string Rule = "1 to 40 lower-case letters, digits and hyphens, beginning and ending with a letter or digit";

    /// <summary>Returns true for such a name.</summary>
    public static bool IsValid(string? name) => name is not null && Pattern().IsMatch(name);

    /// <summary>Lets a name pass or throws.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidRequest"/>, with the rule.</exception>
    public static void Check(string? name)
    {
        if (!IsValid(name))
        {
            throw new OperationException(
                OperationError.InvalidRequest, $"'{name}' is not an installation name: expected {Rule}.");
        }
    }

    [GeneratedRegex("^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}

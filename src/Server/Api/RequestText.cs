using System.Text.RegularExpressions;

namespace TfeBackup.Server.Api;

/// <summary>The parts of a request that may appear in messages and in the log.</summary>
internal static partial class RequestText
{
    /// <summary>A name in quotes, if it looks like one; anything else may be a secret in the wrong place, or write lines of its own into the log.</summary>
    public static string Name(string? name) => name is not null && Plain().IsMatch(name) ? $"'{name}'" : "(name not shown)";

    [GeneratedRegex(@"\A[A-Za-z0-9_./;=-]{1,64}\z")]
    private static partial Regex Plain();
}

namespace TfeBackup.Operations.Model;

/// <summary>The way a host's users spell what they ask for, so that a message says what they can type.</summary>
/// <param name="Overwrite">Replacing what a target holds.</param>
/// <param name="TargetIsEmpty">The word that a target is empty.</param>
/// <param name="NoSafetyBackup">Doing without a safety backup; the target's name follows.</param>
/// <param name="NotValid">Putting constraints back <c>NOT VALID</c>; their names follow.</param>
public sealed record RequestWords(string Overwrite, string TargetIsEmpty, string NoSafetyBackup, string NotValid)
{
    /// <summary>Options of the command line.</summary>
    public static RequestWords CommandLine { get; } = new("--overwrite", "--target-is-empty", "--no-safety-backup", "--not-valid");

    /// <summary>Members of an HTTP request's body.</summary>
    public static RequestWords Http { get; } = new("\"overwrite\": true", "\"targetIsEmpty\": true", "\"noSafetyBackup\":", "\"notValid\":");
}

namespace TfeBackup.Hosting.Configuration;

/// <summary><c>State</c>: the operations' histories, of hosts that keep their own.</summary>
/// <param name="Path"><c>Path</c>: the file's full path; null for the usual one, or where the host keeps its state elsewhere.</param>
public sealed record StateDefinition(string? Path)
{
    /// <summary>The file's name where nothing else is said.</summary>
    public const string FileName = "operations.db";
}

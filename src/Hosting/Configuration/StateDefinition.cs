namespace TfeBackup.Hosting.Configuration;

/// <summary><c>State</c>: the journal of hosts that keep their own.</summary>
/// <param name="Path"><c>Path</c>: the journal's full path; null where the host keeps its state elsewhere.</param>
public sealed record StateDefinition(string? Path);

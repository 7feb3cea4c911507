namespace TfeBackup.Operations.Model;

/// <summary>The last check of a backup.</summary>
/// <param name="Time">When it was finished (UTC).</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Passed">True if it passed.</param>
/// <param name="Failure">The reason it failed; null if it passed.</param>
public sealed record LastCheck(DateTimeOffset Time, CheckKind Kind, bool Passed, string? Failure = null);

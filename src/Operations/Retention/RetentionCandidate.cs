using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Retention;

/// <summary>A published backup as retention sees it.</summary>
/// <param name="Key">Which.</param>
/// <param name="Time">When it was begun (UTC).</param>
/// <param name="Purpose">Why it was taken.</param>
/// <param name="ContentProven">True if verification has read its content, which it cannot of an opaque one.</param>
/// <param name="Verified">True if it is proven: by its verification, and by its last check where there is one.</param>
public sealed record RetentionCandidate(BackupKey Key, DateTimeOffset Time, BackupPurpose Purpose, bool Verified, bool ContentProven = true);

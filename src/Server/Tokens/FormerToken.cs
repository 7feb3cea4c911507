namespace TfeBackup.Server.Tokens;

/// <summary>A token that was replaced and is valid for a while.</summary>
/// <param name="Hash">Its SHA-256; the token itself is not kept.</param>
/// <param name="Until">When it ends (UTC).</param>
internal sealed record FormerToken(byte[] Hash, DateTimeOffset Until);

namespace TfeBackup.Cli.Json;

/// <summary>Progress, on standard error with <c>--json</c>.</summary>
internal sealed record ProgressDocument(string Subject, string Step, long? Bytes, long? Total, long? BytesPerSecond, double ElapsedSeconds);

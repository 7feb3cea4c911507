namespace TfeBackup.Cli.Json;

/// <summary>Progress, on standard error with <c>--json</c>: of <c>Total</c> bytes where they are known, of some <c>Estimate</c> where not.</summary>
internal sealed record ProgressDocument(string Subject, string Step, long? Bytes, long? Total, long? Estimate, long? BytesPerSecond, double ElapsedSeconds);

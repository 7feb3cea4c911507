using Microsoft.Extensions.Logging;

namespace TfeBackup.Cli.Json;

/// <summary>A log event, on standard error with <c>--json</c>.</summary>
internal sealed record LogDocument(DateTimeOffset Time, LogLevel Level, int Event, string Message);

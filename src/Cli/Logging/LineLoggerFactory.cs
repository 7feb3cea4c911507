using System.Text.Json;
using Microsoft.Extensions.Logging;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;

namespace TfeBackup.Cli.Logging;

/// <summary>Writes log events to standard error, a line each: time, level, message; as JSON with <c>--json</c>.</summary>
/// <param name="terminal">Where.</param>
/// <param name="time">The clock.</param>
/// <param name="minimum">The least level that is written, by category.</param>
internal sealed class LineLoggerFactory(Terminal terminal, TimeProvider time, Func<string, LogLevel> minimum) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(this, minimum(categoryName));

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Log events have one destination.");

    public void Dispose()
    {
    }

    private void Write(LogLevel level, EventId eventId, string message, Exception? exception)
    {
        // The text of a cause, not its trace: these are messages for operators.
        var text = exception is null ? message : $"{message} ({exception.GetType().Name}: {exception.Message})";
        var now = time.GetUtcNow();
        terminal.Say(terminal.Json
            ? JsonSerializer.Serialize(new LogDocument(now, level, eventId.Id, text), CliJson.Default.LogDocument)
            : $"{Human.Time(now)}  {Name(level)}  {Human.Plain(text)}");
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug  ",
        LogLevel.Information => "info   ",
        LogLevel.Warning => "warning",
        _ => "error  ",
    };

    private sealed class LineLogger(LineLoggerFactory factory, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                factory.Write(logLevel, eventId, formatter(state, exception), exception);
            }
        }
    }
}

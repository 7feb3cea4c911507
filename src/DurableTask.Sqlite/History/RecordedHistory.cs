using DurableTask.Core.History;
using DurableTask.Sqlite.Storage;

namespace DurableTask.Sqlite.History;

/// <summary>Histories as text, to be kept beside the code that made them: JSON lines, one event a line, in order.</summary>
public static class RecordedHistory
{
    /// <summary>Writes a history.</summary>
    public static string Write(IEnumerable<HistoryEvent> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return string.Concat(history.Select(entry => EventJson.Write(entry) + "\n"));
    }

    /// <summary>Reads a history.</summary>
    /// <exception cref="FormatException">A line is not a history event; the message names it.</exception>
    public static IReadOnlyList<HistoryEvent> Read(string lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        return lines.Split('\n').Select((line, index) => (line, index)).Where(l => l.line.Length > 0).Select(l => Read(l.line, l.index)).ToList();
    }

    private static HistoryEvent Read(string line, int index)
    {
        try
        {
            return EventJson.Read<HistoryEvent>(line);
        }
        catch (Newtonsoft.Json.JsonException e)
        {
            throw new FormatException($"Line {index + 1} is not a history event: {e.Message}", e);
        }
    }
}

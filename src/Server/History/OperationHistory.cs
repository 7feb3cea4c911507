using System.Text;
using System.Text.Json;
using TfeBackup.Server.Api;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server.History;

/// <summary>
/// The backups and restores that were worked on, in <c>….history</c>: a line of JSON when one begins and another when it is over, the last line of an
/// id counts. Nodes that share the token's file share this one, too.
/// </summary>
internal sealed class OperationHistory(ServiceSettings settings, OperationsUnderWay underWay, TimeProvider time, ILogger<OperationHistory> logger)
{
    private const int MostKept = 200;
    private const long LongestFile = 512 << 10;

    private readonly string? _file = settings.Dashboard is { Urls.Count: > 0, StatePath: { } path } ? $"{path}.history" : null;
    private readonly Lock _lock = new();

    /// <summary>Works on an operation and keeps what came of it.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="by">Who asked for it: <c>API</c> or <c>dashboard</c>.</param>
    /// <param name="work">The work.</param>
    public async Task RecordAsync(RunningOperation operation, string by, Func<Task> work)
    {
        var record = new OperationRecord(operation.Id, operation.Name, by, Environment.MachineName, operation.Since, OperationResult.Running);
        Append(record);
        try
        {
            await work();
            Append(End(OperationResult.Succeeded, null));
        }
        catch (OperationCanceledException)
        {
            Append(End(OperationResult.Interrupted, "Its client went away, or the service was stopped."));
            throw;
        }
        catch (Exception e)
        {
            Append(End(OperationResult.Failed, Failure.From(e).Reason));
            throw;
        }

        OperationRecord End(OperationResult result, string? detail) =>
            record with { Result = result, Detail = detail, Ended = time.GetUtcNow(), Bytes = operation.Bytes };
    }

    /// <summary>What is remembered, newest first.</summary>
    public IReadOnlyList<OperationRecord> Read()
    {
        var running = underWay.Current.Select(operation => operation.Id).ToHashSet(StringComparer.Ordinal);
        return [.. ReadFile().Select(record => record.Result == OperationResult.Running && record.Node == Environment.MachineName && !running.Contains(record.Id)
            ? record with { Result = OperationResult.Interrupted, Detail = "The service ended before it was over." }
            : record)];
    }

    private void Append(OperationRecord record)
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            lock (_lock)
            {
                if (File.Exists(_file) && new FileInfo(_file).Length < LongestFile)
                {
                    File.AppendAllText(_file, Line(record));
                }
                else
                {
                    PrivateFile.Write(_file, Encoding.UTF8.GetBytes(string.Concat(ReadFile().Reverse().Append(record).Select(Line))), overwrite: true);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is a convenience, and no reason to refuse a backup.
            ServerLog.HistoryNotKept(logger, _file, e.Message);
        }
    }

    private IReadOnlyList<OperationRecord> ReadFile()
    {
        var records = new Dictionary<string, OperationRecord>(StringComparer.Ordinal);
        try
        {
            foreach (var line in _file is not null && File.Exists(_file) ? File.ReadLines(_file) : [])
            {
                if (Parse(line) is { } record)
                {
                    records[record.Id] = record;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ServerLog.HistoryNotKept(logger, _file!, e.Message);
        }

        return [.. records.Values.OrderByDescending(record => record.Started).Take(MostKept)];
    }

    private static string Line(OperationRecord record) => JsonSerializer.Serialize(record, HistoryJson.Default.OperationRecord) + "\n";

    // A line that was cut off when its node died says nothing.
    private static OperationRecord? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, HistoryJson.Default.OperationRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

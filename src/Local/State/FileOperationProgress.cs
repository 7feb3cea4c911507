using System.Collections.Concurrent;
using System.Globalization;
using TfeBackup.Local.Files;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Local.State;

/// <summary>
/// Progress in a folder of this machine, a small file an operation, so that whoever watches sees it, in this process or another. Nothing is synchronised
/// to disk and no failure is told: it is for display alone.
/// </summary>
/// <param name="folder">The folder's full path; created if missing, for this user alone.</param>
/// <param name="time">The clock that limits how often progress is written.</param>
public sealed class FileOperationProgress(string folder, TimeProvider time) : IOperationProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, long> _written = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Report(string operationId, ActivityProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var now = time.GetTimestamp();
        if (_written.TryGetValue(operationId, out var last) && time.GetElapsedTime(last, now) < Interval)
        {
            return;
        }

        _written[operationId] = now;
        try
        {
            DurableFile.CreateDirectory(folder);
            var next = $"{PathOf(operationId)}.{Environment.CurrentManagedThreadId}";
            File.WriteAllText(next, string.Create(CultureInfo.InvariantCulture, $"{value.Bytes} {value.Total} {value.Estimate}"));
            File.Move(next, PathOf(operationId), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next one may succeed.
        }
    }

    /// <inheritdoc/>
    public void Clear(string operationId)
    {
        _written.TryRemove(operationId, out _);
        try
        {
            File.Delete(PathOf(operationId));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Stale progress is shown a little longer.
        }
    }

    /// <summary>Finds how far an operation's present activity has come; null where nothing is known.</summary>
    public ActivityProgress? Find(string operationId)
    {
        try
        {
            var parts = File.ReadAllText(PathOf(operationId)).Split(' ');
            return parts is [var bytes, var total, var estimate] && long.TryParse(bytes, CultureInfo.InvariantCulture, out var done)
                ? new ActivityProgress(done, Read(total), Read(estimate))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? Read(string text) => long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;

    private string PathOf(string operationId) => Path.Combine(folder, operationId + ".progress");
}

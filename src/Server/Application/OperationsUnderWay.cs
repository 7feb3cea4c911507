using System.Collections.Immutable;

namespace TfeBackup.Server.Application;

/// <summary>The backups and restores in progress in this service, which an action on the application would disturb.</summary>
internal sealed class OperationsUnderWay(TimeProvider time)
{
    private ImmutableList<Entry> _entries = [];

    /// <summary>Operations in progress, oldest first.</summary>
    public IReadOnlyList<(string Name, DateTimeOffset Since)> Current => [.. _entries.Select(entry => (entry.Name, entry.Since))];

    /// <summary>Notes that an operation has begun; it is over when the result is disposed.</summary>
    /// <param name="name"><c>backup</c> or <c>restore</c>.</param>
    public IDisposable Begin(string name)
    {
        var entry = new Entry(this, name, time.GetUtcNow());
        ImmutableInterlocked.Update(ref _entries, entries => entries.Add(entry));
        return entry;
    }

    private sealed class Entry(OperationsUnderWay owner, string name, DateTimeOffset since) : IDisposable
    {
        public string Name => name;

        public DateTimeOffset Since => since;

        public void Dispose() => ImmutableInterlocked.Update(ref owner._entries, entries => entries.Remove(this));
    }
}

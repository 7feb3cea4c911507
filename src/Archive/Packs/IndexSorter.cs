using System.Text.Json;
using TfeBackup.Archive.Buffers;
using TfeBackup.Archive.Layout;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// Brings entries into the order of an index, in bounded memory: sorted runs go to files, which are merged, several into one where they
/// become too many. The files hold names, sizes and hashes; they are gone with this object, or with the process. Not thread-safe.
/// </summary>
public sealed class IndexSorter : IAsyncDisposable
{
    private const int BufferSize = 64 << 10;

    private readonly string _folder;
    private readonly int _runLength;
    private readonly int _fanIn;
    private readonly List<List<FileStream>> _levels = [[]];
    private readonly List<IndexEntry> _run = [];
    private bool _isRead;

    /// <param name="folder">Takes the files, while there are more entries than one run.</param>
    public IndexSorter(string folder)
        : this(folder, runLength: 1 << 15, fanIn: 32)
    {
    }

    internal IndexSorter(string folder, int runLength, int fanIn)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _folder = folder;
        _runLength = runLength;
        _fanIn = fanIn;
    }

    /// <summary>Takes an entry. One that is taken later counts instead of one before it for the same thing.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async ValueTask AddAsync(IndexEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ObjectDisposedException.ThrowIf(_isRead, this);
        _run.Add(entry);
        if (_run.Count == _runLength)
        {
            _levels[0].Add(await WriteAsync(SortedRunAsync(), cancellationToken));
            _run.Clear();
            await ReduceAsync(cancellationToken);
        }
    }

    /// <summary>All entries in order, once; nothing can be added any more.</summary>
    /// <param name="cancellationToken">Ends the enumeration early.</param>
    public IAsyncEnumerable<IndexEntry> ReadAllAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isRead, this);
        _isRead = true;

        // Higher levels are older, and so are the first files of a level.
        return IndexMerge.MergeAsync(
            [SortedRunAsync(), .. _levels.SelectMany(level => level.AsEnumerable().Reverse()).Select(f => ReadAsync(f, cancellationToken))], cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isRead = true;
        foreach (var file in _levels.SelectMany(level => level))
        {
            await file.DisposeAsync();
        }

        _levels.Clear();
        _run.Clear();
    }

    /// <summary>Merges the files of full levels into one of the next.</summary>
    private async Task ReduceAsync(CancellationToken cancellationToken)
    {
        for (var level = 0; _levels[level].Count == _fanIn; level++)
        {
            var files = _levels[level];
            var merged = await WriteAsync(
                IndexMerge.MergeAsync([.. files.AsEnumerable().Reverse().Select(f => ReadAsync(f, cancellationToken))], cancellationToken), cancellationToken);
            foreach (var file in files)
            {
                await file.DisposeAsync();
            }

            files.Clear();
            if (level + 1 == _levels.Count)
            {
                _levels.Add([]);
            }

            _levels[level + 1].Add(merged);
        }
    }

    /// <summary>The entries in memory in order; of several for the same thing, the one taken last.</summary>
    private async IAsyncEnumerable<IndexEntry> SortedRunAsync()
    {
        await Task.CompletedTask;
        var keys = new (string Key, int Index)[_run.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = (_run[i].SortKey, i);
        }

        Array.Sort(keys, (a, b) => Utf8Order.Compare(a.Key, b.Key) is var order && order != 0 ? order : b.Index - a.Index);
        foreach (var key in keys)
        {
            yield return _run[key.Index];
        }
    }

    private async Task<FileStream> WriteAsync(IAsyncEnumerable<IndexEntry> entries, CancellationToken cancellationToken)
    {
        var file = SpoolFile.Create(_folder, "entries");
        try
        {
            var buffered = new BufferedStream(file, BufferSize);
            await foreach (var entry in entries.WithCancellation(cancellationToken))
            {
                buffered.Write(JsonSerializer.SerializeToUtf8Bytes(entry, PackJson.Readable.IndexEntry));
                buffered.WriteByte((byte)'\n');
            }

            await buffered.FlushAsync(cancellationToken);
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private static async IAsyncEnumerable<IndexEntry> ReadAsync(
        FileStream file, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        file.Position = 0;
        var buffer = new byte[BufferSize];
        var taken = 0;
        var length = 0;
        var lines = new LineReader(PeekAsync, count => taken += count, "The sorted run of entries");
        while (await lines.ReadAsync(cancellationToken) is { } line)
        {
            yield return ArchiveJson.Read(line.Span, PackJson.Default.IndexEntry, "The sorted run of entries");
        }

        async ValueTask<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellation)
        {
            if (taken == length)
            {
                taken = 0;
                length = await file.ReadAsync(buffer, cancellation);
            }

            return buffer.AsMemory(taken, length - taken);
        }
    }
}

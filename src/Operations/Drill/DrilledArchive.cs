using System.Buffers;
using System.Security.Cryptography;
using TfeBackup.Archive;

namespace TfeBackup.Operations.Drill;

/// <summary>
/// One of the two backups that a drill compares: its tables digested, its objects read one by one. What it keeps grows with the number of tables,
/// not with rows or objects.
/// </summary>
internal sealed class DrilledArchive(ArchiveReader reader) : IAsyncDisposable
{
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
    private readonly Dictionary<string, TableDigest> _tables = new(StringComparer.Ordinal);
    private DrilledSchema? _schema;
    private ArchiveEntry? _next;

    public DrilledSchema Schema => _schema ?? throw new InvalidOperationException("The database has not been read.");

    public IReadOnlyDictionary<string, TableDigest> Tables => _tables;

    public IReadOnlyDictionary<string, DrilledSequence> Sequences { get; private set; } = new Dictionary<string, DrilledSequence>();

    /// <summary>The object at hand; null when there are no more, and the whole archive is proven.</summary>
    public DrilledObject? Object { get; private set; }

    /// <summary>Reads everything before the objects, and the first of them.</summary>
    /// <param name="like">The schema whose order of columns counts; null for its own.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task ReadDatabaseAsync(DrilledSchema? like, CancellationToken cancellationToken)
    {
        while ((_next = await reader.ReadAsync(cancellationToken)) is { } entry && entry.Kind != ArchiveEntryKind.Object)
        {
            switch (entry.Kind)
            {
                case ArchiveEntryKind.Schema:
                    _schema = DrilledSchema.Read(await ReadWholeAsync(entry, cancellationToken));
                    AddTables(like ?? _schema);
                    break;
                case ArchiveEntryKind.TablePart:
                    var table = _tables.GetValueOrDefault($"{entry.Schema}.{entry.Table}")
                        ?? throw new ArchiveException(
                            ArchiveError.Corrupt, $"The backup has rows of {entry.Schema}.{entry.Table}, a table its schema.json does not name.");
                    await table.ReadAsync(entry.Content, _buffer, cancellationToken);
                    break;
                case ArchiveEntryKind.Sequences:
                    Sequences = DrilledSequences.Read(await ReadWholeAsync(entry, cancellationToken)).Sequences
                        .ToDictionary(sequence => $"{sequence.Schema}.{sequence.Name}", StringComparer.Ordinal);
                    break;
            }
        }

        await ReadObjectAsync(cancellationToken);
    }

    /// <summary>Goes on to the next object.</summary>
    public async Task NextObjectAsync(CancellationToken cancellationToken)
    {
        _next = await reader.ReadAsync(cancellationToken);
        await ReadObjectAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var table in _tables.Values)
        {
            table.Dispose();
        }

        await reader.DisposeAsync();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private static async Task<byte[]> ReadWholeAsync(ArchiveEntry entry, CancellationToken cancellationToken)
    {
        // The reader has checked the size limit.
        var content = new byte[entry.Size];
        await entry.Content.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    private void AddTables(DrilledSchema like)
    {
        var others = like.Tables.ToDictionary(table => table.ToString(), StringComparer.Ordinal);
        foreach (var table in Schema.Tables)
        {
            _tables.Add(table.ToString(), new TableDigest(table, others.GetValueOrDefault(table.ToString()) ?? table));
        }
    }

    private async Task ReadObjectAsync(CancellationToken cancellationToken)
    {
        if (_next is null)
        {
            Object = null;
            return;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int read;
        while ((read = await _next.Content.ReadAtLeastAsync(_buffer, _buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
        {
            hash.AppendData(_buffer.AsSpan(0, read));
        }

        Object = new DrilledObject(_next.Object!.Key, _next.Size, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}

/// <param name="Key">Its key.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Sha256">Their hash.</param>
internal sealed record DrilledObject(string Key, long Size, string Sha256);

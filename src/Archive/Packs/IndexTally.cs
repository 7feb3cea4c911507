namespace TfeBackup.Archive.Packs;

/// <summary>Counts an index's lines and what they use of which pack, the same way on both sides. Grows with the packs, not with the entries.</summary>
internal sealed class IndexTally
{
    private readonly Dictionary<string, (int Entries, long Bytes)> _used = [];
    private long _entries;
    private long _tables;
    private long _parts;
    private long _rows;
    private long _objects;
    private long _vanished;
    private long _changed;
    private long _tableBytes;
    private long _objectBytes;

    public int Packs => _used.Count;

    public IEnumerable<string> PackNames => _used.Keys.Order(StringComparer.Ordinal);

    public void Add(IndexEntry entry)
    {
        _entries++;
        var size = entry.Size ?? 0;
        if (entry.Layout is not null)
        {
            _tables++;
        }
        else if (entry.Rows is not null)
        {
            _parts++;
            _rows += entry.Rows.Value;
            _tableBytes += size;
        }
        else if (entry.Vanished is true)
        {
            _vanished++;
        }
        else if (entry.ObjectKey is not null)
        {
            _objects++;
            _objectBytes += size;
            _changed += entry.Changed is true ? 1 : 0;
        }

        if (entry.Pack is not null)
        {
            (var entries, var bytes) = _used.GetValueOrDefault(entry.Pack);
            _used[entry.Pack] = (entries + 1, bytes + size);
        }
    }

    /// <summary>What was counted of a pack.</summary>
    public PackUse Use(PackUse pack)
    {
        (var entries, var bytes) = _used.GetValueOrDefault(pack.Pack);
        return pack with { UsedEntries = entries, UsedBytes = bytes };
    }

    public IndexEnd End(int remarks) => new()
    {
        Entries = _entries,
        Packs = _used.Count,
        Remarks = remarks,
        Tables = _tables,
        TableParts = _parts,
        Rows = _rows,
        Objects = _objects,
        Vanished = _vanished,
        Changed = _changed,
        TableBytes = _tableBytes,
        ObjectBytes = _objectBytes,
    };
}

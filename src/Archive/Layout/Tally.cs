namespace TfeBackup.Archive.Layout;

/// <summary>Counts what a backup holds, the same way on both sides.</summary>
internal sealed class Tally
{
    public long Entries { get; private set; }

    public long TableParts { get; private set; }

    public long Rows { get; private set; }

    public long Objects { get; private set; }

    public long Vanished { get; set; }

    public List<ArchiveColumn> Columns { get; } = [];

    public List<string> Broken { get; } = [];

    public long Changed { get; set; }

    public long TableBytes { get; private set; }

    public long ObjectBytes { get; private set; }

    public void Add(EntryName name, long size, long rows)
    {
        Entries++;
        if (name.Kind == EntryNameKind.TablePart)
        {
            TableParts++;
            Rows += rows;
            TableBytes += size;
        }
        else if (name.Kind == EntryNameKind.Object)
        {
            Objects++;
            ObjectBytes += size;
        }
    }

    public Manifest ToManifest(string id, int tables, IReadOnlyList<ManifestPart> parts) => new()
    {
        Format = BackupInfo.CurrentFormat,
        Id = id,
        Entries = Entries,
        Tables = tables,
        TableParts = TableParts,
        Rows = Rows,
        Objects = Objects,
        Vanished = Vanished,
        Changed = Changed == 0 ? null : Changed,
        TableBytes = TableBytes,
        ObjectBytes = ObjectBytes,
        Parts = parts,
    };

    public static ArchiveSummary Summarise(Manifest manifest, string sha256) => new()
    {
        Entries = manifest.Entries,
        Tables = manifest.Tables,
        TableParts = manifest.TableParts,
        Rows = manifest.Rows,
        Objects = manifest.Objects,
        Vanished = manifest.Vanished,
        Changed = manifest.Changed ?? 0,
        TableBytes = manifest.TableBytes,
        ObjectBytes = manifest.ObjectBytes,
        ManifestSha256 = sha256,
    };
}

using System.Text;

namespace TfeBackup.Archive.Layout;

/// <summary>
/// The order in which entries stand, kept by writers and demanded by readers. It is also what makes duplicates impossible
/// without remembering every name: objects ascend by key, parts of a table and of the manifest by number.
/// </summary>
internal sealed class EntryOrder(ArchiveError violation)
{
    private readonly Dictionary<(string Schema, string Table), int> _nextParts = [];
    private EntryNameKind? _stage;
    private EntryName? _openRow;
    private byte[]? _lastKey;
    private int _nextManifestPart;

    /// <summary>The number of tables that have a part so far.</summary>
    public int Tables => _nextParts.Count;

    /// <summary>The number of the next part of a table.</summary>
    public int NextPart(string schema, string table) => _nextParts.GetValueOrDefault((schema, table));

    /// <summary>Takes the next entry, or throws if it must not stand here.</summary>
    public void Accept(EntryName name, bool objectsIncluded)
    {
        switch (name.Kind)
        {
            case EntryNameKind.ManifestPart:
                Expect(_stage is not null and not EntryNameKind.Manifest, name, $"'{EntryName.BackupInfoPath}' before it");
                Expect(name.Number == _nextManifestPart, name, $"'{EntryName.ManifestPart(_nextManifestPart).Path}'");
                _nextManifestPart++;
                return;
            case EntryNameKind.BackupInfo:
                Expect(_stage is null, name, "it once, at the start");
                break;
            case EntryNameKind.Schema:
                Expect(_stage == EntryNameKind.BackupInfo, name, $"it once, behind '{EntryName.BackupInfoPath}'");
                break;
            case EntryNameKind.TablePart:
                AcceptPart(name);
                break;
            case EntryNameKind.Sequences:
                ExpectNoOpenRow(name);
                Expect(_stage is EntryNameKind.Schema or EntryNameKind.TablePart, name, "it once, behind the tables");
                break;
            case EntryNameKind.Object:
                AcceptObject(name, objectsIncluded);
                break;
            case EntryNameKind.Manifest:
                Expect(_stage is EntryNameKind.Sequences or EntryNameKind.Object, name, $"'{EntryName.SequencesPath}' before it");
                break;
            default:
                throw new InvalidOperationException($"Entries of kind {name.Kind} are not allowed.");
        }

        _stage = name.Kind;
    }

    /// <summary>Takes note of whether a part that was accepted ended within a row.</summary>
    public void EndPart(EntryName part, long size, bool endsRow)
    {
        if (size > 0)
        {
            _openRow = endsRow ? null : part;
        }
        else
        {
            Expect(part.Number == 0, part, "an empty part only as a table's first");
        }
    }

    /// <summary>Refuses the end of the tables while a row is open, and tables that no file name could hold apart.</summary>
    private void AcceptPart(EntryName name)
    {
        Expect(_stage is EntryNameKind.Schema or EntryNameKind.TablePart, name, $"'{EntryName.SchemaPath}' before it and no sequences yet");
        var table = (name.TableSchema!, name.Table!);
        if (_openRow is not null && (_openRow.TableSchema, _openRow.Table) != table)
        {
            ExpectNoOpenRow(name);
        }

        var expected = _nextParts.GetValueOrDefault(table);
        Expect(name.Number == expected, name, $"part {expected} of that table");
        Expect(_nextParts.Count < FormatLimits.Tables || expected > 0, name, $"at most {FormatLimits.Tables} tables");
        _nextParts[table] = expected + 1;
    }

    private void AcceptObject(EntryName name, bool objectsIncluded)
    {
        Expect(objectsIncluded, name, $"no objects, as '{EntryName.BackupInfoPath}' says");
        Expect(_stage is EntryNameKind.Sequences or EntryNameKind.Object, name, $"'{EntryName.SequencesPath}' before it");
        var key = Encoding.UTF8.GetBytes(name.Key!);
        Expect(
            _lastKey is null || _lastKey.AsSpan().SequenceCompareTo(key) < 0,
            name,
            "keys in ascending order of their bytes, each once");
        _lastKey = key;
    }

    private void ExpectNoOpenRow(EntryName name) => Expect(
        _openRow is null, name, $"the next part of that table, because '{_openRow?.Path}' ends within a row");

    private void Expect(bool condition, EntryName name, string expected)
    {
        if (!condition)
        {
            throw new ArchiveException(violation, $"The entry '{name.Path}' is out of place: expected {expected}.");
        }
    }
}

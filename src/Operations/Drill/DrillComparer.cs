using System.Text;
using TfeBackup.Archive;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Drill;

/// <summary>
/// Compares a backup with one of the installation it was restored into: rows table by table, sequences, and objects by name. Both stand in plain in
/// our own format, and their objects in the order of their keys, so that two streams are enough.
/// </summary>
internal sealed class DrillComparer(string into)
{
    private const int MaxNamed = 50;

    private readonly List<string> _differences = [];
    private long _count;
    private long _objects;

    /// <summary>Compares.</summary>
    /// <param name="backup">The backup, just opened.</param>
    /// <param name="openArrived">Opens the other once the database of this has been read, so that it is not kept waiting.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<DrillComparison> CompareAsync(
        ArchiveReader backup, Func<Task<ArchiveReader>> openArrived, CancellationToken cancellationToken)
    {
        await using var source = new DrilledArchive(backup);
        await source.ReadDatabaseAsync(like: null, cancellationToken);
        await using var arrived = new DrilledArchive(await openArrived());
        await arrived.ReadDatabaseAsync(source.Schema, cancellationToken);
        CompareTables(source, arrived);
        CompareSequences(source, arrived);
        await CompareObjectsAsync(source, arrived, cancellationToken);
        return new DrillComparison(
            source.Tables.Count, source.Tables.Values.Sum(table => table.Rows.Count), _objects, _count, _differences);
    }

    private void CompareTables(DrilledArchive source, DrilledArchive arrived)
    {
        foreach (var (name, table) in source.Tables)
        {
            if (!arrived.Tables.TryGetValue(name, out var other))
            {
                Differs($"table {name} is missing in {into}");
            }
            else if (!other.HasSameColumns)
            {
                Differs($"table {name} has different columns in {into}");
            }
            else if (table.Rows.Count != other.Rows.Count)
            {
                Differs($"table {name}: {table.Rows.Count} rows in the backup, {other.Rows.Count} in {into}");
            }
            else if (!table.Rows.Equals(other.Rows))
            {
                Differs($"table {name}: {table.Rows.Count} rows in both, with different content");
            }
        }

        foreach (var name in arrived.Tables.Keys.Where(name => !source.Tables.ContainsKey(name) && arrived.Tables[name].Rows.Count > 0))
        {
            Differs($"table {name}: {arrived.Tables[name].Rows.Count} rows in {into}, but no such table in the backup");
        }
    }

    private void CompareSequences(DrilledArchive source, DrilledArchive arrived)
    {
        foreach (var (name, sequence) in source.Sequences)
        {
            if (!arrived.Sequences.TryGetValue(name, out var other))
            {
                Differs($"sequence {name} is missing in {into}");
            }
            else if (sequence != other)
            {
                Differs($"sequence {name}: at {Place(sequence)} in the backup, at {Place(other)} in {into}");
            }
        }
    }

    private async Task CompareObjectsAsync(DrilledArchive source, DrilledArchive arrived, CancellationToken cancellationToken)
    {
        while (source.Object is not null || arrived.Object is not null)
        {
            var order = Order(source.Object, arrived.Object);
            if (order < 0)
            {
                Differs($"object {source.Object!.Key} is missing in {into}");
            }
            else if (order > 0)
            {
                Differs($"object {arrived.Object!.Key} is in {into} but not in the backup");
            }
            else if (source.Object!.Size != arrived.Object!.Size)
            {
                Differs($"object {source.Object.Key}: {source.Object.Size} bytes in the backup, {arrived.Object.Size} in {into}");
            }
            else if (source.Object != arrived.Object)
            {
                Differs($"object {source.Object.Key}: {source.Object.Size} bytes in both, with different content");
            }

            if (order <= 0)
            {
                _objects++;
                await source.NextObjectAsync(cancellationToken);
            }

            if (order >= 0)
            {
                await arrived.NextObjectAsync(cancellationToken);
            }
        }
    }

    private static int Order(DrilledObject? source, DrilledObject? arrived) => (source, arrived) switch
    {
        (null, _) => 1,
        (_, null) => -1,
        _ => Encoding.UTF8.GetBytes(source.Key).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(arrived.Key)),
    };

    private static string Place(DrilledSequence state) => $"{state.LastValue}{(state.IsCalled ? "" : " (not called)")}";

    private void Differs(string difference)
    {
        _count++;
        if (_differences.Count < MaxNamed)
        {
            _differences.Add(Text.Shorten(difference, 300));
        }
    }
}

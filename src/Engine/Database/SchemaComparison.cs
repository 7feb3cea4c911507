using System.Globalization;
using System.Text;

namespace TfeBackup.Engine.Database;

/// <summary>Describes exactly how a backup and a target differ.</summary>
internal static class SchemaComparison
{
    private const int Listed = 40;

    /// <summary>Every difference, one sentence part each; empty when the backup fits.</summary>
    public static IReadOnlyList<string> Differences(DatabaseSchema backup, DatabaseSchema target)
    {
        var differences = new List<string>();
        var used = backup.Tables.Select(static t => t.Schema).Concat(backup.Sequences.Select(static s => s.Schema))
            .Concat(backup.MaterializedViews.Select(static v => v.Schema)).ToHashSet(StringComparer.Ordinal);
        differences.AddRange(backup.Schemas.Except(target.Schemas, StringComparer.Ordinal).Where(used.Contains).Select(static schema =>
            $"schema {schema} of the backup does not exist in the target, or its setting Schemas leaves it out"));
        var excluded = target.Excluded.ToHashSet(StringComparer.Ordinal);
        differences.AddRange(backup.Tables.Where(table => excluded.Contains(table.ToString())).Select(static table =>
            $"table {table} is in the backup but excluded in the target"));
        Compare(
            backup.Types, target.Types, static t => (t.Schema, t.Name), static t => $"{t.Kind} type {t.Schema}.{t.Name}", differences, CompareTypes);
        Compare(
            backup.Tables, target.Tables, static t => (t.Schema, t.Name), static t => $"table {t}", differences, CompareTables);
        Compare(
            backup.Sequences, target.Sequences, static s => (s.Schema, s.Name), static s => $"sequence {s.Schema}.{s.Name}", differences, CompareSequences);
        Compare(
            backup.MaterializedViews, target.MaterializedViews, static v => (v.Schema, v.Name), static v => $"materialised view {v.Schema}.{v.Name}", differences, null);
        return differences;
    }

    /// <summary>Throws when there are differences.</summary>
    public static void Require(DatabaseSchema backup, DatabaseSchema target)
    {
        var differences = Differences(backup, target);
        if (differences.Count > 0)
        {
            throw new EngineException(
                EngineError.SchemaMismatch,
                $"The backup (from PostgreSQL {backup.ServerVersion}) does not fit the target's tables: {Join(differences)}. "
                + "Install the product version the backup was made with, let it create its tables, and restore again.");
        }
    }

    /// <summary>Joins a list for a message, of bounded length.</summary>
    public static string Join(IReadOnlyList<string> items)
    {
        var text = new StringBuilder();
        for (var i = 0; i < items.Count; i++)
        {
            if (i == Listed)
            {
                text.Append(CultureInfo.InvariantCulture, $"; and {items.Count - i} more");
                break;
            }

            text.Append(i == 0 ? "" : "; ").Append(items[i].Length <= 400 ? items[i] : string.Concat(items[i].AsSpan(0, 400), "…"));
        }

        return text.ToString();
    }

    private static void Compare<T>(
        IReadOnlyList<T> backup,
        IReadOnlyList<T> target,
        Func<T, (string, string)> key,
        Func<T, string> name,
        List<string> differences,
        Action<T, T, List<string>>? compare)
    {
        var there = target.ToDictionary(key);
        foreach (var item in backup)
        {
            if (!there.Remove(key(item), out var match))
            {
                differences.Add($"{name(item)} is missing in the target");
            }
            else
            {
                compare?.Invoke(item, match, differences);
            }
        }

        differences.AddRange(there.Values.Select(extra => $"{name(extra)} is in the target only"));
    }

    private static void CompareTypes(TypeSchema backup, TypeSchema target, List<string> differences)
    {
        if (backup.Kind != target.Kind || !backup.Members.SequenceEqual(target.Members, StringComparer.Ordinal))
        {
            differences.Add(
                $"type {backup.Schema}.{backup.Name} is {Describe(backup)} in the backup and {Describe(target)} in the target");
        }
    }

    private static string Describe(TypeSchema type) => $"{type.Kind} ({string.Join(", ", type.Members)})";

    private static void CompareTables(TableSchema backup, TableSchema target, List<string> differences)
    {
        var there = target.Columns.ToDictionary(static column => column.Name, StringComparer.Ordinal);
        foreach (var column in backup.Columns)
        {
            if (!there.Remove(column.Name, out var match))
            {
                differences.Add($"column {backup}.{column.Name} is missing in the target, or generated there");
            }
            else if (match.Type != column.Type)
            {
                differences.Add($"column {backup}.{column.Name} is {column.Type} in the backup and {match.Type} in the target");
            }
            else if (match.NotNull && !column.NotNull)
            {
                differences.Add($"column {backup}.{column.Name} may be null in the backup and not in the target");
            }
        }

        differences.AddRange(there.Values.Select(extra => $"column {backup}.{extra.Name} is in the target only"));
    }

    private static void CompareSequences(SequenceSchema backup, SequenceSchema target, List<string> differences)
    {
        if (backup.Type != target.Type)
        {
            differences.Add($"sequence {backup.Schema}.{backup.Name} is {backup.Type} in the backup and {target.Type} in the target");
        }
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TfeBackup.Engine.Database;

/// <summary>The fingerprint of the definitions that a restore relies on.</summary>
internal static class SchemaFingerprint
{
    /// <summary>Lower-case hexadecimal SHA-256; does not depend on the order in which things are listed where that does not matter.</summary>
    public static string Compute(DatabaseSchema schema)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        // Every field is preceded by its length, so that no two lists of fields make the same bytes.
        void Add(string field)
        {
            var bytes = Encoding.UTF8.GetBytes(field);
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{bytes.Length}:")));
            hash.AppendData(bytes);
        }

        foreach (var table in schema.Tables.OrderBy(static t => t.Schema, StringComparer.Ordinal).ThenBy(static t => t.Name, StringComparer.Ordinal))
        {
            Add("table");
            Add(table.Schema);
            Add(table.Name);
            foreach (var column in table.Columns.OrderBy(static c => c.Name, StringComparer.Ordinal))
            {
                Add("column");
                Add(column.Name);
                Add(column.Type);
                Add(column.NotNull ? "not null" : "null");
            }
        }

        foreach (var sequence in schema.Sequences.OrderBy(static s => s.Schema, StringComparer.Ordinal).ThenBy(static s => s.Name, StringComparer.Ordinal))
        {
            Add("sequence");
            Add(sequence.Schema);
            Add(sequence.Name);
            Add(sequence.Type);
        }

        foreach (var type in schema.Types.OrderBy(static t => t.Schema, StringComparer.Ordinal).ThenBy(static t => t.Name, StringComparer.Ordinal))
        {
            Add("type");
            Add(type.Schema);
            Add(type.Name);
            Add(type.Kind);
            foreach (var member in type.Members)
            {
                Add("member");
                Add(member);
            }
        }

        foreach (var view in schema.MaterializedViews.OrderBy(static v => v.Schema, StringComparer.Ordinal).ThenBy(static v => v.Name, StringComparer.Ordinal))
        {
            Add("materialised view");
            Add(view.Schema);
            Add(view.Name);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

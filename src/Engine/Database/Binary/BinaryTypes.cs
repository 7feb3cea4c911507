using System.Text;

namespace TfeBackup.Engine.Database.Binary;

/// <summary>The types whose binary form is simple and the same in all versions of PostgreSQL, by the names that backups have for them.</summary>
internal static class BinaryTypes
{
    /// <summary>How a column's values are written; null if its type is none of these.</summary>
    /// <param name="type">Its type as <see cref="ColumnSchema.Type"/> has it.</param>
    /// <param name="types">The types that PostgreSQL does not bring itself.</param>
    public static FieldEncoder? Find(string type, IReadOnlyList<TypeSchema> types)
    {
        if (OfPostgres(WithoutModifier(type)) is { } encoder)
        {
            return encoder;
        }

        return Split(type) is var (schema, name)
            ? types.FirstOrDefault(t => t.Schema == schema && t.Name == name) switch
            {
                // Both are read by their own functions, which take the label, or what the base type's takes.
                { Kind: "enum" } => TextFields.Name,
                { Kind: "domain", Members: [var basis] } => Find(basis, types),
                _ => null,
            }
            : null;
    }

    private static FieldEncoder? OfPostgres(string type) => type switch
    {
        "boolean" => TextFields.Boolean,
        "smallint" => NumberFields.Int16,
        "integer" => NumberFields.Int32,
        "bigint" => NumberFields.Int64,
        "oid" => NumberFields.Oid,
        "real" => NumberFields.Single,
        "double precision" => NumberFields.Double,
        "numeric" => NumericField.Encode,
        "text" or "character varying" or "character" or "bpchar" or "json" => TextFields.Plain,
        "name" => TextFields.Name,
        "jsonb" => TextFields.Jsonb,
        "uuid" => TextFields.Uuid,
        "bytea" => TextFields.Bytea,
        "date" => DateTimeFields.Date,
        "time without time zone" => DateTimeFields.Time,
        "timestamp without time zone" => DateTimeFields.Timestamp,
        "timestamp with time zone" => DateTimeFields.TimestampWithZone,
        _ => null,
    };

    /// <summary><c>numeric(10,2)</c> is <c>numeric</c>, <c>time(3) without time zone</c> one without <c>(3)</c>.</summary>
    private static string WithoutModifier(string type)
    {
        var open = type.IndexOf('(', StringComparison.Ordinal);
        var close = type.IndexOf(')', StringComparison.Ordinal);
        return open < 0 || close < open || type.Contains('"', StringComparison.Ordinal) ? type : type.Remove(open, close - open + 1);
    }

    /// <summary>The names of a type that is not PostgreSQL's own: <c>public.mood</c>, <c>"zweites Schema"."a.b"</c>. Null for another, such as an array.</summary>
    private static (string Schema, string Name)? Split(string type)
    {
        var names = new List<string>();
        var rest = type;
        while (true)
        {
            var name = new StringBuilder();
            if (rest.StartsWith('"'))
            {
                var at = 1;
                while (true)
                {
                    var quote = rest.IndexOf('"', at);
                    if (quote < 0)
                    {
                        return null;
                    }

                    name.Append(rest, at, quote - at);
                    at = quote + 1;
                    if (at >= rest.Length || rest[at] != '"')
                    {
                        rest = rest[at..];
                        break;
                    }

                    name.Append('"');
                    at++;
                }
            }
            else
            {
                var end = rest.AsSpan().IndexOfAny('.', '[', '(');
                name.Append(rest, 0, end < 0 ? rest.Length : end);
                rest = end < 0 ? "" : rest[end..];
            }

            names.Add(name.ToString());
            if (!rest.StartsWith('.'))
            {
                return rest.Length == 0 && names.Count == 2 ? (names[0], names[1]) : null;
            }

            rest = rest[1..];
        }
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TfeBackup.Archive;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Reads and writes <c>database/schema.json</c> and <c>database/sequences.json</c>. What is read comes out of an archive, so
/// it is checked as a stranger's: whatever these methods return is complete, without doubles, and safe to build SQL from.
/// </summary>
public static class DatabaseJson
{
    private static readonly DatabaseJsonContext Context = new(new JsonSerializerOptions(DatabaseJsonContext.Default.Options)
    {
        // Names stand as people wrote them; the JSON never lands in HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Writes <c>schema.json</c> as UTF-8.</summary>
    /// <param name="schema">The schema.</param>
    /// <exception cref="EngineException"><see cref="EngineError.Unsupported"/>: it is longer than a backup can hold.</exception>
    public static byte[] Write(DatabaseSchema schema)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(schema, Context.DatabaseSchema);
        return json.Length <= ArchiveLimits.DescriptionBytes
            ? json
            : throw new EngineException(
                EngineError.Unsupported,
                $"The description of the {schema.Tables.Count} tables has {json.Length} bytes, more than the {ArchiveLimits.DescriptionBytes} that a backup can hold. Exclude schemas or tables in the settings.");
    }

    /// <summary>Writes <c>sequences.json</c> as UTF-8.</summary>
    /// <param name="states">The sequences' states.</param>
    public static byte[] Write(SequenceStates states) => JsonSerializer.SerializeToUtf8Bytes(states, Context.SequenceStates);

    /// <summary>Reads <c>schema.json</c>.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <exception cref="EngineException"><see cref="EngineError.Corrupt"/>, saying what is wrong with it.</exception>
    public static DatabaseSchema ReadSchema(ReadOnlySpan<byte> json)
    {
        const string file = "database/schema.json";
        var schema = Read(json, Context.DatabaseSchema, file);
        Require(schema.Schemas.Count > 0, file, "covers no schema");
        CheckNames(file, "schema", schema.Schemas);
        CheckNames(file, "table", schema.Tables.Select(static table => (table?.Schema, table?.Name)));
        CheckNames(file, "sequence", schema.Sequences.Select(static sequence => (sequence?.Schema, sequence?.Name)));
        CheckNames(file, "type", schema.Types.Select(static type => (type?.Schema, type?.Name)));
        CheckNames(file, "materialised view", schema.MaterializedViews.Select(static view => (view?.Schema, view?.Name)));
        CheckNames(file, "excluded relation", schema.Excluded);
        foreach (var table in schema.Tables)
        {
            CheckNames(file, $"column of {table}", table.Columns.Select(static column => column?.Name));
            CheckNames(file, $"primary key column of {table}", table.PrimaryKey);
            Require(table.Columns.All(static column => IsText(column.Type)), file, $"gives a column of {table} no type");
        }

        Require(schema.Types.All(static type => type.Members.All(static member => member is not null)), file, "holds a type with a null member");
        Require(
            string.Equals(schema.Fingerprint, SchemaFingerprint.Compute(schema), StringComparison.Ordinal),
            file,
            "has a fingerprint that does not match its content");
        return schema;
    }

    /// <summary>Reads <c>sequences.json</c>.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <exception cref="EngineException"><see cref="EngineError.Corrupt"/>, saying what is wrong with it.</exception>
    public static SequenceStates ReadSequences(ReadOnlySpan<byte> json)
    {
        const string file = "database/sequences.json";
        var states = Read(json, Context.SequenceStates, file);
        CheckNames(file, "sequence", states.Sequences.Select(static state => (state?.Schema, state?.Name)));
        return states;
    }

    private static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, string file)
        where T : class
    {
        Require(json.Length <= ArchiveLimits.DescriptionBytes, file, $"is {json.Length} bytes long, more than the {ArchiveLimits.DescriptionBytes} that are read");
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw Damaged(file, "is null", null);
        }
        catch (JsonException e)
        {
            // Path and message name properties and positions only; the content of a value never stands in them.
            throw Damaged(file, $"is malformed at {e.Path ?? "$"} (line {(e.LineNumber ?? 0) + 1})", e);
        }
    }

    private static void CheckNames(string file, string what, IEnumerable<(string? Schema, string? Name)> names)
    {
        var seen = new HashSet<(string, string)>();
        foreach (var (schema, name) in names)
        {
            Require(IsName(schema) && IsName(name), file, $"holds a {what} without a valid name");
            Require(seen.Add((schema!, name!)), file, $"holds the {what} {schema}.{name} twice");
        }
    }

    private static void CheckNames(string file, string what, IEnumerable<string?> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            Require(IsName(name), file, $"holds a {what} without a valid name");
            Require(seen.Add(name!), file, $"holds the {what} {name} twice");
        }
    }

    // PostgreSQL cuts names at 63 bytes; builds that were compiled for longer ones exist, so the limit here is generous.
    private static bool IsName(string? name) => IsText(name) && name!.Length <= 1024;

    private static bool IsText(string? text) =>
        !string.IsNullOrEmpty(text) && !text.Contains('\0', StringComparison.Ordinal) && IsUtf16(text);

    private static bool IsUtf16(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                {
                    return false;
                }

                i++;
            }
        }

        return true;
    }

    private static void Require(bool valid, string file, string problem)
    {
        if (!valid)
        {
            throw Damaged(file, problem, null);
        }
    }

    private static EngineException Damaged(string file, string problem, Exception? cause) =>
        new(EngineError.Corrupt, $"The backup's {file} {problem}; the backup cannot be restored.", cause);
}

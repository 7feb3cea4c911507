using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfeBackup.Operations.Model;

/// <summary>The documents of a store, as UTF-8 JSON; every store writes the same bytes for the same record.</summary>
public static class BackupJson
{
    /// <summary>Writes a record.</summary>
    public static byte[] Write(BackupRecord record) =>
        JsonSerializer.SerializeToUtf8Bytes(record, BackupJsonContext.Default.BackupRecord);

    /// <summary>Writes a check.</summary>
    public static byte[] Write(CheckRecord check) =>
        JsonSerializer.SerializeToUtf8Bytes(check, BackupJsonContext.Default.CheckRecord);

    /// <summary>Reads a record. Members it does not know are ignored: later versions may add some.</summary>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.Corrupt"/> or <see cref="OperationError.Unsupported"/>, naming <paramref name="source"/>.
    /// </exception>
    public static BackupRecord ReadRecord(ReadOnlySpan<byte> json, string source)
    {
        try
        {
            var record = JsonSerializer.Deserialize(json, BackupJsonContext.Default.BackupRecord);
            CheckSchema(record?.Schema, source);
            return record!;
        }
        catch (Exception e) when (e is JsonException || e is OperationException { Error: OperationError.InvalidRequest })
        {
            throw new OperationException(OperationError.Corrupt, $"{source} is not a backup record: {e.Message}", e);
        }
    }

    /// <summary>Reads a check. Members it does not know are ignored: later versions may add some.</summary>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.Corrupt"/> or <see cref="OperationError.Unsupported"/>, naming <paramref name="source"/>.
    /// </exception>
    public static CheckRecord ReadCheck(ReadOnlySpan<byte> json, string source)
    {
        try
        {
            var check = JsonSerializer.Deserialize(json, BackupJsonContext.Default.CheckRecord);
            CheckSchema(check?.Schema, source);
            return check!;
        }
        catch (JsonException e)
        {
            throw new OperationException(OperationError.Corrupt, $"{source} is not a check record: {e.Message}", e);
        }
    }

    private static void CheckSchema(int? schema, string source)
    {
        if (schema is null)
        {
            throw new OperationException(OperationError.Corrupt, $"{source} is empty: expected a JSON document.");
        }

        if (schema != 1)
        {
            throw new OperationException(
                OperationError.Unsupported, $"{source} has schema {schema}; this version of tfe-backup reads schema 1.");
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    WriteIndented = true,
    NewLine = "\n",
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(BackupRecord))]
[JsonSerializable(typeof(CheckRecord))]
internal sealed partial class BackupJsonContext : JsonSerializerContext;

using System.Collections.Frozen;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine.Vault;

/// <summary>The columns and objects that Vault encrypts in one installation, and their Transit keys.</summary>
public sealed class EncryptionRules
{
    private const string Suffix = "_encrypted";

    private readonly string? _app;
    private readonly FrozenDictionary<string, string> _columns;
    private readonly FrozenDictionary<(string, string, string), string> _columnsInSql;

    /// <summary>Creates the rules.</summary>
    /// <param name="app">
    /// The application's name in Transit keys; columns named <c>&lt;attribute&gt;_encrypted</c> are then encrypted under
    /// <c>&lt;app&gt;_&lt;table&gt;_&lt;attribute&gt;</c>. Null: no column is encrypted by its name.
    /// </param>
    /// <param name="columns">
    /// Further columns, <c>schema.table.column</c> (spelt as in the catalogue, or as in SQL) to Transit key. These go before the
    /// convention; an empty key declares that the column is not encrypted whatever its name.
    /// </param>
    /// <param name="objectKey">The Transit key of objects; null means <c>&lt;app&gt;_archivist</c>.</param>
    /// <param name="objectsEncrypted">True if the object store is declared encrypted.</param>
    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>, naming the setting.</exception>
    public EncryptionRules(string? app, IReadOnlyDictionary<string, string> columns, string? objectKey, bool objectsEncrypted)
    {
        if (app is not null && !TransitKeyName.IsValid(app))
        {
            throw InvalidKeyName("App", app);
        }

        foreach ((var column, var key) in columns)
        {
            if (column.Count(c => c == '.') < 2)
            {
                throw new EngineException(
                    EngineError.InvalidRequest, $"Vault:Columns: '{column}' is not of the form schema.table.column.");
            }

            if (key.Length > 0 && !TransitKeyName.IsValid(key))
            {
                throw InvalidKeyName($"Columns:{column}", key);
            }
        }

        ObjectKey = objectKey ?? (app is null ? null : $"{app}_archivist");
        if (ObjectKey is not null && !TransitKeyName.IsValid(ObjectKey))
        {
            throw InvalidKeyName("ObjectKey", ObjectKey);
        }

        if (objectsEncrypted && ObjectKey is null)
        {
            throw new EngineException(
                EngineError.InvalidRequest, "The object store is declared encrypted: set Vault:App or Vault:ObjectKey, or ObjectStore:Encrypted to false.");
        }

        _app = app;
        _columns = columns.ToFrozenDictionary(StringComparer.Ordinal);
        _columnsInSql = columns.Where(static column => SettingName.Parse(column.Key) is { Length: 3 })
            .GroupBy(static column => SettingName.Parse(column.Key) is [var schema, var table, var name] ? (schema, table, name) : default)
            .ToFrozenDictionary(static group => group.Key, static group => group.First().Value);
        ObjectsEncrypted = objectsEncrypted;
    }

    /// <summary>The rules of an installation without Vault: nothing is encrypted.</summary>
    public static EncryptionRules None { get; } = new(null, FrozenDictionary<string, string>.Empty, null, false);

    /// <summary>The Transit key of objects; never null where <see cref="ObjectsEncrypted"/>.</summary>
    public string? ObjectKey { get; }

    /// <summary>True if objects may be encrypted at rest.</summary>
    public bool ObjectsEncrypted { get; }

    /// <summary>The Transit key a column's values are encrypted under; null where it is not declared encrypted.</summary>
    /// <param name="schema">The schema's name, unquoted.</param>
    /// <param name="table">The table's name, unquoted; for a partition, the partitioned table's name is what the application knows.</param>
    /// <param name="column">The column's name, unquoted.</param>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.InvalidRequest"/>: the convention gives a name that no Transit key can have.
    /// </exception>
    public string? ColumnKey(string schema, string table, string column)
    {
        if (_columns.Count > 0
            && (_columns.TryGetValue($"{schema}.{table}.{column}", out var declared)
                || _columnsInSql.TryGetValue((schema, table, column), out declared)))
        {
            return declared.Length == 0 ? null : declared;
        }

        if (_app is null || column.Length <= Suffix.Length || !column.EndsWith(Suffix, StringComparison.Ordinal))
        {
            return null;
        }

        var key = $"{_app}_{table}_{column[..^Suffix.Length]}";
        return TransitKeyName.IsValid(key)
            ? key
            : throw new EngineException(
                EngineError.InvalidRequest,
                $"By its name, the column {schema}.{table}.{column} is encrypted under '{key}', which is not a valid Transit key name: "
                + "declare its key in Vault:Columns, or 'none' if Vault does not encrypt it.");
    }

    /// <summary>Checks that every column which the backup marks as encrypted has a Transit key here.</summary>
    /// <param name="backup">The backup's schema.</param>
    /// <param name="columnKey">The Transit keys of the target's columns.</param>
    /// <exception cref="EngineException"><see cref="EngineError.SchemaMismatch"/>, naming the columns.</exception>
    public static void CheckCovers(DatabaseSchema backup, EncryptedColumnRule columnKey)
    {
        string[] missing =
        [
            .. from table in backup.Tables
               from column in table.Columns
               where column.TransitKey is not null && columnKey(table.Schema, table.Name, column.Name) is null
               select $"{table}.{column.Name}",
        ];
        if (missing.Length > 0)
        {
            throw Undeclared(string.Join(", ", missing));
        }
    }

    internal static EngineException Undeclared(string columns) => new(
        EngineError.SchemaMismatch,
        $"The backup's columns {columns} were encrypted by Vault, but this installation declares no Transit key for them: "
        + "set Vault:App (columns named <attribute>_encrypted) or Vault:Columns (schema.table.column to Transit key).");

    private static EngineException InvalidKeyName(string setting, string value) => new(
        EngineError.InvalidRequest,
        $"Vault:{setting}: '{value}' is not valid in a Transit key's name: expected letters, digits and '_', and inside also '-' and '.'.");
}

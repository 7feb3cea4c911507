using TfeBackup.Archive;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Vault.Copy;

namespace TfeBackup.Engine.Vault;

/// <summary>
/// Encrypts on the way into an installation what <see cref="DecryptingCopySink"/> decrypted on the way out of another: in
/// columns that the backup marks with a <see cref="ColumnSchema.TransitKey"/>, under the Transit key that the target's rules
/// give the column.
/// </summary>
/// <remarks>
/// Throws <see cref="EngineException"/>: <see cref="EngineError.SchemaMismatch"/> for a marked column that the target does not
/// declare (see <see cref="EncryptionRules.CheckCovers"/>, to find out before anything is written), and
/// <see cref="EngineError.Unavailable"/> where Vault refuses a value. Like every <see cref="ICopySink"/> it has one caller at a time.
/// </remarks>
internal sealed class EncryptingCopySink : ICopySink
{
    private readonly CopyRewriter _rewriter;

    /// <summary>Creates the sink.</summary>
    /// <param name="inner">Takes the data with its values encrypted.</param>
    /// <param name="transit">Encrypts; null in an installation without Vault.</param>
    /// <param name="columnKey">The Transit keys of the target's columns.</param>
    public EncryptingCopySink(ICopySink inner, TransitClient? transit, EncryptedColumnRule columnKey)
    {
        _rewriter = new CopyRewriter(
            inner,
            new MarkerCodec(),
            table => Keys(table, transit, columnKey),
            (key, texts, token) => transit!.EncryptAsync(key, texts, token),
            (where, error) => new EngineException(EngineError.Unavailable, $"Vault cannot encrypt {where} ({error})."),
            static where => new ArchiveException(
                ArchiveError.Corrupt, $"In the backup, {where} holds a malformed vault:plaintext: value (FORMAT.md)."));
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        _rewriter.WriteAsync(table, data, cancellationToken);

    private static string?[]? Keys(TableSchema table, TransitClient? transit, EncryptedColumnRule columnKey)
    {
        if (table.Columns.All(c => c.TransitKey is null))
        {
            return null;
        }

        return [.. table.Columns.Select(c => c.TransitKey is null ? null
            : (transit is null ? null : columnKey(table.Schema, table.Name, c.Name))
                ?? throw EncryptionRules.Undeclared($"{table}.{c.Name}"))];
    }
}

using TfeBackup.Engine.Database;
using TfeBackup.Engine.Vault.Copy;

namespace TfeBackup.Engine.Vault;

/// <summary>
/// Decrypts what Vault encrypted on the way into a backup. In columns that have a <see cref="ColumnSchema.TransitKey"/>, each
/// <c>vault:v&lt;n&gt;:…</c>, alone or inside a longer value of whatever type, becomes
/// <c>vault:plaintext:&lt;key&gt;:&lt;base64&gt;</c>; where a value holds <c>vault:plaintext:</c> already, that becomes
/// <c>vault:plaintext::&lt;base64 of it&gt;</c>. In a <c>bytea</c> all of this stands as hexadecimal digits. Everything else passes
/// through unchanged.
/// </summary>
/// <remarks>
/// A value that Vault refuses throws <see cref="EngineException"/> (<see cref="EngineError.CorruptSource"/>) with table,
/// column and primary key, never the value. Like every <see cref="ICopySink"/> it has one caller at a time.
/// </remarks>
internal sealed class DecryptingCopySink : ICopySink
{
    private readonly CopyRewriter _rewriter;

    /// <summary>Creates the sink.</summary>
    /// <param name="inner">Takes the data with its values decrypted.</param>
    /// <param name="transit">Decrypts.</param>
    /// <param name="counts">Counts what was decrypted, if wanted.</param>
    public DecryptingCopySink(ICopySink inner, TransitClient transit, DecryptionCounts? counts = null)
    {
        _rewriter = new CopyRewriter(
            inner,
            new CiphertextCodec(),
            table => table.Columns.Any(c => c.TransitKey is not null) ? [.. table.Columns.Select(c => c.TransitKey)] : null,
            transit.DecryptAsync,
            (where, error) => new EngineException(
                EngineError.CorruptSource,
                $"Vault cannot decrypt {where} ({error}). Restore the Transit key or the key version it was written with, or clear or repair the value."),
            where => new EngineException(
                EngineError.CorruptSource,
                $"{where} holds truncated Vault ciphertext. Clear or repair the value, or declare in Vault:Columns that the column is not encrypted."),
            counts);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        _rewriter.WriteAsync(table, data, cancellationToken);
}

using TfeBackup.Engine.Database;
using TfeBackup.Engine.Vault.Copy;

namespace TfeBackup.Engine.Vault;

/// <summary>
/// Decrypts what Vault encrypted on the way into a backup. In columns that have a <see cref="ColumnSchema.TransitKey"/>, a
/// value <c>vault:v&lt;n&gt;:…</c>, or a JSON string of that form inside a longer value, becomes
/// <c>vault:plaintext:&lt;key&gt;:&lt;base64&gt;</c>; one that already begins with that marker becomes
/// <c>vault:plaintext::&lt;base64 of the original text&gt;</c>. Everything else passes through unchanged.
/// </summary>
/// <remarks>
/// A value that Vault refuses throws <see cref="EngineException"/> (<see cref="EngineError.CorruptSource"/>) with table,
/// column and primary key, never the value. Like every <see cref="ICopySink"/> it has one caller at a time.
/// </remarks>
public sealed class DecryptingCopySink : ICopySink
{
    private readonly CopyRewriter _rewriter;

    /// <summary>Creates the sink.</summary>
    /// <param name="inner">Takes the data with its values decrypted.</param>
    /// <param name="transit">Decrypts.</param>
    public DecryptingCopySink(ICopySink inner, TransitClient transit)
    {
        _rewriter = new CopyRewriter(
            inner,
            new CiphertextCodec(),
            table => table.Columns.Any(c => c.TransitKey is not null) ? [.. table.Columns.Select(c => c.TransitKey)] : null,
            transit.DecryptAsync,
            (where, error) => new EngineException(
                EngineError.CorruptSource,
                $"Vault cannot decrypt {where} ({error}). Restore the Transit key or the key version it was written with, or clear or repair the value."));
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        _rewriter.WriteAsync(table, data, cancellationToken);
}

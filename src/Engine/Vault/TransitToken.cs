namespace TfeBackup.Engine.Vault;

/// <summary>The token in use: fixed, or from a file that somebody else keeps fresh.</summary>
internal sealed class TransitToken(TransitOptions options) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile string? _current = options.Token;

    /// <summary>The token to send.</summary>
    public async ValueTask<string> GetAsync(CancellationToken cancellationToken) =>
        _current ?? await ReadAsync(null, cancellationToken).ConfigureAwait(false);

    /// <summary>Whether there is a newer token than the one that Vault refused.</summary>
    public async ValueTask<bool> RenewAsync(string refused, CancellationToken cancellationToken) =>
        options.TokenFile is not null && await ReadAsync(refused, cancellationToken).ConfigureAwait(false) != refused;

    public void Dispose() => _gate.Dispose();

    private async Task<string> ReadAsync(string? refused, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Another request may have read the file while this one waited.
            if (_current is { } known && known != refused)
            {
                return known;
            }

            string text = (await File.ReadAllTextAsync(options.TokenFile!, cancellationToken).ConfigureAwait(false)).Trim();
            if (text.Length == 0 || text.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0)
            {
                throw new EngineException(
                    EngineError.Unavailable, $"Vault:TokenFile {options.TokenFile} does not hold a token: one line of visible ASCII is expected.");
            }

            _current = text;
            return text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineError.Unavailable, $"Vault:TokenFile {options.TokenFile} cannot be read: {e.Message}", e);
        }
        finally
        {
            _gate.Release();
        }
    }
}

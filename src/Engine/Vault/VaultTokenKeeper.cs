using Microsoft.Extensions.Logging;

namespace TfeBackup.Engine.Vault;

/// <summary>Keeps a token alive in the background until it is disposed of. Failures are logged and tried again; nothing waits for it.</summary>
internal sealed class VaultTokenKeeper : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _ending = new();
    private readonly VaultToken _token;
    private readonly VaultConnection _vault;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public VaultTokenKeeper(VaultToken token, VaultConnection vault, TimeProvider time, ILogger logger)
    {
        (_token, _vault, _time, _logger) = (token, vault, time, logger);
        _ = RunAsync(_ending.Token);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    private async Task RunAsync(CancellationToken ending)
    {
        try
        {
            while (true)
            {
                await Task.Delay(await MaintainAsync(ending), _time, ending);
            }
        }
        catch (Exception e) when (ending.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
        {
            // Its owner is gone, perhaps in the middle of a request.
        }
    }

    private async Task<TimeSpan> MaintainAsync(CancellationToken ending)
    {
        try
        {
            return await _token.MaintainAsync(ending);
        }
        catch (EngineException e)
        {
            TransitLog.TokenUntended(_logger, e.Message, Retry);
        }
        catch (Exception e) when (VaultConnection.IsFailure(e, ending))
        {
            TransitLog.TokenUntended(_logger, $"{_vault.Description}: {_vault.Explain(e)}", Retry);
        }

        return Retry;
    }
}

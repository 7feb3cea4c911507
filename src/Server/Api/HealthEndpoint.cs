using Npgsql;
using TfeBackup.Engine;

namespace TfeBackup.Server.Api;

/// <summary><c>GET /_backup/api/v1/health</c>: whether database, object store and Vault answer. Needs no token.</summary>
internal sealed class HealthEndpoint(Installation installation, ApiToken token, TimeProvider time, ILogger<HealthEndpoint> logger) : IDisposable
{
    // Anybody may ask, so asking often must not cost the parts anything.
    private static readonly TimeSpan KeepFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private HealthReport? _last;
    private long _lastAt;

    public async Task HandleAsync(HttpContext context)
    {
        var report = await ReportAsync(context.RequestAborted);
        if (!token.Matches(context.Request.Headers.Authorization))
        {
            report = new HealthReport(report.Status, [.. report.Checks.Select(check => check with { Detail = null })]);
        }

        context.Response.StatusCode = report.Status == "ok" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(report, ApiJson.Readable.HealthReport, contentType: null, context.RequestAborted);
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<HealthReport> ReportAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } last && time.GetElapsedTime(_lastAt) < KeepFor)
            {
                return last;
            }

            List<Task<HealthReport.Check>> checks = [CheckAsync("database", CheckDatabaseAsync), CheckAsync("objectStore", installation.Objects.CheckAsync)];
            if (installation.Transit is { } transit)
            {
                checks.Add(CheckAsync("vault", transit.CheckAsync));
            }

            var results = await Task.WhenAll(checks);
            var healthy = results.All(check => check.Status == "ok");
            _last = new HealthReport(healthy ? "ok" : "failed", results)
            {
                Content = healthy ? await FindContentAsync() : null,
                ProductVersion = installation.ProductVersion,
            };
            _lastAt = time.GetTimestamp();
            return _last;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<HealthReport.Check> CheckAsync(string part, Func<CancellationToken, Task> check)
    {
        // Not the caller's token: the answer is shared with whoever asks next.
        using var patience = new CancellationTokenSource(Patience, time);
        string reason;
        try
        {
            await check(patience.Token);
            return new HealthReport.Check(part, "ok", null);
        }
        catch (OperationCanceledException)
        {
            reason = $"No answer within {Patience.TotalSeconds:F0} s.";
        }
        catch (Exception e) when (e is EngineException or NpgsqlException)
        {
            reason = e.Message;
        }

        ServerLog.Unhealthy(logger, part, reason);
        return new HealthReport.Check(part, "failed", reason);
    }

    private async Task<string?> FindContentAsync()
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            return await InstallationInspection.LookAsync(installation, patience.Token) switch
            {
                InstallationContents.Empty => "empty",
                InstallationContents.Objects => "objects",
                InstallationContents.Data => "data",
                _ => null,
            };
        }
        catch (Exception e) when (e is OperationCanceledException or EngineException or NpgsqlException)
        {
            // The parts answer, so the installation is healthy; whoever restores is told to be careful.
            ServerLog.Unhealthy(logger, "content", e.Message);
            return null;
        }
    }

    private async Task CheckDatabaseAsync(CancellationToken cancellationToken)
    {
        await using var command = installation.DataSource.CreateCommand("SELECT 1");
        await command.ExecuteScalarAsync(cancellationToken);
    }
}

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
    private bool _lastHasContent;

    public async Task HandleAsync(HttpContext context)
    {
        var isTrusted = token.Matches(context.Request.Headers.Authorization);
        var report = await ReportAsync(withContent: isTrusted, context.RequestAborted);
        if (!isTrusted)
        {
            report = new HealthReport(report.Status, [.. report.Checks.Select(check => check with { Detail = null })]);
        }

        context.Response.StatusCode = report.Status == "ok" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(report, ApiJson.Readable.HealthReport, contentType: null, context.RequestAborted);
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<HealthReport> ReportAsync(bool withContent, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } last && (_lastHasContent || !withContent) && time.GetElapsedTime(_lastAt) < KeepFor)
            {
                return last;
            }

            // Not the caller's token: the answer is shared with whoever asks next.
            var results = (await InstallationHealth.CheckAsync(installation, Patience, time, CancellationToken.None)).Select(Report).ToList();
            var healthy = results.All(check => check.Status == "ok");
            _last = new HealthReport(healthy ? "ok" : "failed", results)
            {
                Content = healthy && withContent ? await FindContentAsync() : null,
                ProductVersion = installation.ProductVersion,
            };
            _lastHasContent = withContent;
            _lastAt = time.GetTimestamp();
            return _last;
        }
        finally
        {
            _gate.Release();
        }
    }

    private HealthReport.Check Report((string Part, string? Failure) result)
    {
        if (result.Failure is not null)
        {
            ServerLog.Unhealthy(logger, result.Part, result.Failure);
        }

        return new HealthReport.Check(result.Part, result.Failure is null ? "ok" : "failed", result.Failure);
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
}

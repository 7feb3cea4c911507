using Npgsql;
using TfeBackup.Archive.Buffers;
using TfeBackup.Engine;
using TfeBackup.Server.Settings;
using TfeBackup.Server.Tokens;

namespace TfeBackup.Server.Api;

/// <summary>
/// <c>GET /_backup/api/v1/health</c>: whether database, object store and Vault answer, and no restore waits to be finished. Needs no token; with
/// it, also whether every object can be backed up, as far as that can be seen in a few seconds.
/// </summary>
internal sealed class HealthEndpoint(
    Installation installation, RecoveryService recovery, ApiToken token, ServiceSettings settings, TimeProvider time, ILogger<HealthEndpoint> logger) : IDisposable
{
    // Anybody may ask, so asking often must not cost the parts anything.
    private static readonly TimeSpan KeepFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PartTimeout = TimeSpan.FromSeconds(10);

    // Listing every object costs something, too; what was found in order is not looked at again at once, what was not is.
    private static readonly TimeSpan KeepObjectsFor = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private HealthReport? _last;
    private long _lastAt;
    private long? _objectsAt;
    private bool _lastHasContent;

    public async Task HandleAsync(HttpContext context)
    {
        var isTrusted = token.Matches(context.Request.Headers.Authorization);
        var report = await ReportAsync(withContent: isTrusted, context.RequestAborted);
        if (!isTrusted)
        {
            report = new HealthReport(report.Status, [.. report.Checks.Select(check => check with { Detail = null })])
            {
                Token = context.Request.Headers.Authorization.Count > 0 ? "refused" : null,
            };
        }

        context.Response.StatusCode = report.Status == "ok" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(report, ApiJson.Readable.HealthReport, contentType: null, context.RequestAborted);
    }

    /// <summary>Asks every part, or says what was found a moment ago.</summary>
    /// <param name="withContent">Whether to look at what the installation holds, too, and at every object.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<HealthReport> ReportAsync(bool withContent, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } last && (_lastHasContent || !withContent) && time.GetElapsedTime(_lastAt) < KeepFor)
            {
                return last;
            }

            // Not the caller's token: the answer is shared with whoever asks next.
            var thorough = withContent && !(_objectsAt is { } at && time.GetElapsedTime(at) < KeepObjectsFor);
            var results = (await InstallationHealth.CheckAsync(
                installation, PartTimeout, time, thorough, CancellationToken.None)).Append(("restore", recovery.Pending)).Select(Report).ToList();
            _objectsAt = !thorough ? _objectsAt : results.Any(check => check is { Name: "objectStore", Status: "ok" }) ? time.GetTimestamp() : null;
            var healthy = results.All(check => check.Status == "ok");
            _last = new HealthReport(healthy ? "ok" : "failed", results)
            {
                Content = healthy && withContent ? await FindContentAsync() : null,
                FreeBytes = installation.Objects.FindFreeBytes(),
                SpoolFreeBytes = SpoolFile.FindFreeBytes(settings.SpoolDirectory),
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

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private HealthReport.Check Report((string Part, string? Failure) result)
    {
        if (result.Failure is not null)
        {
            ServerLog.Unhealthy(logger, result.Part, result.Failure);
        }

        return new HealthReport.Check(result.Part, result.Failure is null ? "ok" : "failed", result.Failure ?? (result.Part == "vault" ? DescribeToken() : null));
    }

    private string? DescribeToken()
    {
        if (installation.Transit?.TokenLife is not { } life)
        {
            return null;
        }

        var end = life.Expires is { } expires ? $"has {expires - time.GetUtcNow():d\\.hh\\:mm\\:ss} left (until {expires:O})" : "does not expire";
        return $"The Vault token {end}{(life is { Expires: not null, Renewable: false } ? " and cannot be renewed" : "")}.";
    }

    private async Task<string?> FindContentAsync()
    {
        using var timeout = new CancellationTokenSource(PartTimeout, time);
        try
        {
            return await InstallationInspection.InspectAsync(installation, timeout.Token) switch
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

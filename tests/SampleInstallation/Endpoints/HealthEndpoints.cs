using Npgsql;
using TfeBackup.SampleInstallation.Data;
using TfeBackup.SampleInstallation.Objects;
using TfeBackup.SampleInstallation.Vault;

namespace TfeBackup.SampleInstallation.Endpoints;

/// <summary>The endpoints that say whether the application can serve; they need no password.</summary>
internal static class HealthEndpoints
{
    private const int DefaultTimeout = 10;
    private const int LongestTimeout = 30;
    private const string Healthy = "OK";
    private const string Unhealthy = "ERROR";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/health/readiness", ReadinessAsync);
        routes.MapGet("/_health_check", HealthAsync);
        routes.MapGet("/api/v1/installation", (InstallationCache cache) =>
            new InstallationBody(cache.Users.Count, cache.Workspaces.Count, cache.Workspaces.Values.Count(w => w.Current is not null)));
    }

    private static async Task<IResult> ReadinessAsync(
        int? timeout, NpgsqlDataSource database, IObjects objects, VaultTransit vault, CancellationToken cancellationToken)
    {
        if (timeout is < 1 or > LongestTimeout)
        {
            return Results.BadRequest($"timeout has 1 to {LongestTimeout} seconds.");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(timeout ?? DefaultTimeout));
        var checks = await CheckAsync(database, objects, vault, deadline.Token);
        var ready = checks.All(c => c.Status == Healthy);
        return Results.Json(
            new ReadinessBody(ready ? Healthy : Unhealthy, checks),
            ApiJson.Default.ReadinessBody,
            statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> HealthAsync(
        int? full, NpgsqlDataSource database, IObjects objects, VaultTransit vault, CancellationToken cancellationToken)
    {
        if (full is not 1)
        {
            return Results.Text(Healthy);
        }

        var checks = await CheckAsync(database, objects, vault, cancellationToken);
        return Results.Text(
            string.Concat(checks.Select(c => $"{c.Name}: {c.Status}\n")),
            statusCode: checks.All(c => c.Status == Healthy) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<ReadinessCheck[]> CheckAsync(
        NpgsqlDataSource database, IObjects objects, VaultTransit vault, CancellationToken cancellationToken) =>
        await Task.WhenAll(
            CheckAsync("postgres", DatabaseAnswersAsync(database, cancellationToken)),
            CheckAsync("object_storage", objects.AnswersAsync(cancellationToken)),
            CheckAsync("vault", vault.AnswersAsync(cancellationToken)));

    private static async Task<ReadinessCheck> CheckAsync(string name, Task<bool> check)
    {
        try
        {
            return new ReadinessCheck(name, await check ? Healthy : Unhealthy);
        }
        catch (OperationCanceledException)
        {
            return new ReadinessCheck(name, Unhealthy);
        }
    }

    private static async Task<bool> DatabaseAnswersAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = database.Command("SELECT 1");
            return await command.ExecuteScalarAsync(cancellationToken) is 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}

using System.Net;

namespace TfeBackup.Functions.EndToEnd;

/// <summary>What a deployed app must do.</summary>
public sealed class SmokeTests : IDisposable
{
    private readonly RunningApp _app = new();

    [EndToEndFact]
    public async Task The_app_is_healthy()
    {
        var health = await _app.GetAsync("/api/health");

        Assert.Equal("healthy", health["status"]!.GetValue<string>());
        Assert.Empty(health["faults"]!.AsArray());
        Assert.NotEmpty(health["installations"]!.AsArray());
    }

    [EndToEndFact]
    public async Task The_app_describes_its_API() =>
        Assert.NotNull((await _app.GetAsync("/api/openapi.json"))["paths"]!["/api/operations"]);

    [EndToEndFact]
    public async Task An_operation_that_does_not_exist_is_a_problem_without_keys_or_management_addresses()
    {
        using var answer = await _app.Http.GetAsync(new Uri("/api/operations/nothing", UriKind.Relative));
        var problem = await RunningApp.ReadAsync(answer, HttpStatusCode.NotFound);

        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("NotFound", problem["title"]!.GetValue<string>());
        Assert.DoesNotContain("code=", problem.ToJsonString(), StringComparison.Ordinal);
    }

    [EndToEndFact]
    public async Task Without_a_key_nothing_is_answered()
    {
        if (RunningApp.Key is null)
        {
            // A local host asks for none.
            return;
        }

        using var answer = await _app.Anonymous.GetAsync(new Uri("/api/operations", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [EndToEndFact]
    public async Task A_backup_is_taken_verified_and_listed()
    {
        var installation = await _app.GetInstallationAsync();
        var operation = await _app.RunAsync($"/api/installations/{installation}/backups");

        Assert.True(operation["state"]!.GetValue<string>() == "Completed", operation.ToJsonString());
        var id = operation["id"]!.GetValue<string>();
        var backups = (await _app.GetAsync($"/api/installations/{installation}/backups"))["backups"]!.AsArray();
        var record = Assert.Single(backups, backup => backup!["operationId"]!.GetValue<string>() == id)!;
        Assert.Equal(record["sha256"]!.GetValue<string>(), record["verification"]!["sha256"]!.GetValue<string>());
        Assert.DoesNotContain("code=", operation.ToJsonString(), StringComparison.Ordinal);
    }

    [EndToEndFact]
    public async Task The_newest_backup_passes_a_drill()
    {
        var installation = await _app.GetInstallationAsync();
        var operation = await _app.RunAsync($"/api/installations/{installation}/drills");

        Assert.True(operation["state"]!.GetValue<string>() == "Completed", operation.ToJsonString());
        Assert.Equal("Drill", operation["name"]!.GetValue<string>());
    }

    public void Dispose() => _app.Dispose();
}

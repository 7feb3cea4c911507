using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

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
    public async Task What_is_wrong_with_a_request_is_told_as_problem_details()
    {
        var installation = await _app.GetInstallationAsync();
        await RefusedAsync(await _app.Http.GetAsync(new Uri("/api/operations/nothing", UriKind.Relative)), HttpStatusCode.NotFound, "NotFound");
        await RefusedAsync(await _app.PostAsync("/api/installations/nowhere/backups"), HttpStatusCode.NotFound, "NotFound");
        await RefusedAsync(await _app.PostAsync($"/api/installations/{installation}/restores"), HttpStatusCode.BadRequest, "InvalidRequest");
        await RefusedAsync(await _app.PostAsync($"/api/installations/{installation}/restores", new { backup = 7 }), HttpStatusCode.BadRequest, "InvalidRequest");
        await RefusedAsync(
            await _app.PostAsync($"/api/installations/{installation}/restores", new { backup = "latest", overwrit = true }),
            HttpStatusCode.BadRequest, "InvalidRequest");
        await RefusedAsync(
            await _app.Http.GetAsync(new Uri("/api/operations?state=asleep", UriKind.Relative)), HttpStatusCode.BadRequest, "InvalidRequest");
    }

    [EndToEndFact]
    public async Task A_restore_of_what_is_not_there_fails_as_not_found_and_leaves_everything_as_it_is()
    {
        var installation = await _app.GetInstallationAsync();
        var operation = await _app.RunAsync($"/api/installations/{installation}/restores", new { backup = "20200101T000000Z-00000000" });

        Assert.Equal("Failed", RunningApp.StateOf(operation));
        Assert.Equal("NotFound", operation["failure"]!["error"]!.GetValue<string>());
        Assert.Contains("20200101T000000Z-00000000", operation["failure"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [EndToEndFact(RunningApp.KeyVariable)]
    public async Task Without_a_key_nothing_is_answered()
    {
        foreach (var path in (string[])["/api/health", "/api/operations", "/api/openapi.json", "/api/installations/any/backups"])
        {
            using var answer = await _app.Anonymous.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        using var started = await _app.Anonymous.PostAsync(new Uri("/api/installations/any/backups", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.Unauthorized, started.StatusCode);
    }

    [EndToEndFact(RunningApp.KeyVariable)]
    public async Task The_key_of_the_app_does_not_open_the_management_API_of_Durable_Functions()
    {
        using var answer = await _app.Http.GetAsync(new Uri("/runtime/webhooks/durabletask/instances", UriKind.Relative));

        Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden]);
    }

    [EndToEndFact]
    public async Task A_second_operation_is_refused_naming_the_first_which_can_be_ended()
    {
        var installation = await _app.GetInstallationAsync();
        var first = await _app.StartAsync($"/api/installations/{installation}/backups");

        // The first holds the installation once its first step is done.
        JsonNode? problem = null;
        while (problem is null)
        {
            var operation = await _app.GetAsync(first);
            Assert.True(RunningApp.StateOf(operation) == "Running", $"The backup is too quick to be met: {operation.ToJsonString()}");
            if (operation["status"] is not null && operation["status"]!["steps"]!.AsArray().Count > 1)
            {
                using var second = await _app.PostAsync($"/api/installations/{installation}/backups");
                problem = await RunningApp.ReadAsync(second, HttpStatusCode.Conflict);
            }
        }

        Assert.Equal("Busy", problem["title"]!.GetValue<string>());
        Assert.Equal(first, $"/api/operations/{problem["operation"]!.GetValue<string>()}");
        using var ended = await _app.Http.DeleteAsync(new Uri(first, UriKind.Relative));
        _ = await RunningApp.ReadAsync(ended, HttpStatusCode.Accepted);
        var terminated = await _app.EndAsync(first);
        Assert.Equal("Terminated", RunningApp.StateOf(terminated));
        Assert.Equal("Cancelled", terminated["failure"]!["error"]!.GetValue<string>());
        var backups = (await _app.GetAsync($"/api/installations/{installation}/backups"))["backups"]!.AsArray();
        Assert.DoesNotContain(backups, backup => first.EndsWith(backup!["operationId"]!.GetValue<string>(), StringComparison.Ordinal));
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
    }

    [EndToEndFact]
    public async Task The_newest_backup_passes_a_drill()
    {
        var installation = await _app.GetInstallationAsync();
        var operation = await _app.RunAsync($"/api/installations/{installation}/drills");

        Assert.True(operation["state"]!.GetValue<string>() == "Completed", operation.ToJsonString());
        Assert.Equal("Drill", operation["name"]!.GetValue<string>());
    }

    [EndToEndFact]
    public async Task A_backup_is_verified_and_a_dry_run_of_retention_removes_none()
    {
        var installation = await _app.GetInstallationAsync();
        _ = await _app.RunAsync($"/api/installations/{installation}/backups");
        var verified = await _app.RunAsync($"/api/installations/{installation}/verifications", new { backup = "latest" });
        Assert.True(RunningApp.StateOf(verified) == "Completed", verified.ToJsonString());
        Assert.True(verified["output"]!["passed"]!.GetValue<bool>());

        var dry = await _app.RunAsync($"/api/installations/{installation}/retention", new { dryRun = true });
        Assert.True(RunningApp.StateOf(dry) == "Completed", dry.ToJsonString());
        Assert.True(dry["output"]!["dryRun"]!.GetValue<bool>());
        var backups = (await _app.GetAsync($"/api/installations/{installation}/backups"))["backups"]!.AsArray();
        Assert.Contains(backups, backup => backup!["key"]!["id"]!.GetValue<string>() == verified["input"]!["backup"]!["id"]!.GetValue<string>());
    }

    [EndToEndFact(RunningApp.TargetVariable)]
    public async Task A_restore_waits_for_approval_and_brings_the_newest_backup_back()
    {
        var installation = await _app.GetInstallationAsync();
        var request = new { backup = "latest", from = installation, overwrite = true, approval = "required" };
        var refused = await _app.StartAsync($"/api/installations/{RunningApp.Target}/restores", request);
        _ = await _app.WaitingAsync(refused);
        using var no = await _app.PostAsync($"{refused}/approval", new { approved = false, by = "end-to-end", comment = "not today" });
        _ = await RunningApp.ReadAsync(no, HttpStatusCode.Accepted);
        var ended = await _app.EndAsync(refused);
        Assert.True(RunningApp.StateOf(ended) == "Failed", ended.ToJsonString());
        Assert.Equal("Refused", ended["failure"]!["error"]!.GetValue<string>());

        var approved = await _app.StartAsync($"/api/installations/{RunningApp.Target}/restores", request);
        var waiting = await _app.WaitingAsync(approved);
        Assert.DoesNotContain(waiting["status"]!["steps"]!.AsArray(), step => step!["name"]!.GetValue<string>() == "restore");
        using var yes = await _app.PostAsync($"{approved}/approval", new { approved = true, by = "end-to-end" });
        _ = await RunningApp.ReadAsync(yes, HttpStatusCode.Accepted);
        var restored = await _app.EndAsync(approved);
        Assert.True(RunningApp.StateOf(restored) == "Completed", restored.ToJsonString());
    }

    [EndToEndFact(RunningApp.ScheduledVariable)]
    public async Task What_is_due_is_backed_up_by_itself()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var id = new Regex($"^backup-{RunningApp.Scheduled}-[0-9]{{8}}T[0-9]{{6}}Z$");
        while (true)
        {
            var operations = (await _app.GetAsync("/api/operations?limit=1000"))["operations"]!.AsArray();
            if (operations.FirstOrDefault(found => id.IsMatch(found!["id"]!.GetValue<string>())) is { } scheduled)
            {
                Assert.Equal("Scheduled", scheduled["input"]!["purpose"]!.GetValue<string>());
                var ended = await _app.EndAsync($"/api/operations/{scheduled["id"]!.GetValue<string>()}");

                // Where an operator's operation was in its way, it was skipped, and says so.
                Assert.True(
                    RunningApp.StateOf(ended) == "Completed" || ended["failure"]!["error"]!.GetValue<string>() == "Busy", ended.ToJsonString());
                return;
            }

            // The timer ticks every minute.
            await Task.Delay(TimeSpan.FromSeconds(5), deadline.Token);
        }
    }

    public void Dispose() => _app.Dispose();

    private static async Task RefusedAsync(HttpResponseMessage answer, HttpStatusCode status, string title)
    {
        using (answer)
        {
            var problem = await RunningApp.ReadAsync(answer, status);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal((title, (int)status), (problem["title"]!.GetValue<string>(), problem["status"]!.GetValue<int>()));
            Assert.NotEmpty(problem["detail"]!.GetValue<string>());
        }
    }
}

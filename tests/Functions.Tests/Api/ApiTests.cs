using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using TfeBackup.Functions.Composition;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Telemetry;
using TfeBackup.TestSupport;

namespace TfeBackup.Functions.Tests.Api;

/// <summary>The API over real HTTP, its operations on the Durable Task engine.</summary>
public sealed class ApiTests
{
    [Fact]
    public async Task A_backup_is_started_followed_and_listed()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        using var answer = await app.Http.PostAsync("/api/installations/old/backups", null);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("5", Assert.Single(answer.Headers.GetValues("Retry-After")));
        var operation = await ReadAsync(answer);
        var id = operation["id"]!.GetValue<string>();
        Assert.Equal($"/api/operations/{id}", answer.Headers.Location!.ToString());
        await app.EndAsync(id);

        var ended = (await app.Http.GetFromJsonAsync<JsonNode>(answer.Headers.Location))!;
        Assert.Equal(("Completed", "Backup"), (ended["state"]!.GetValue<string>(), ended["name"]!.GetValue<string>()));
        Assert.Equal("publish", ended["status"]!["steps"]!.AsArray()[^1]!["name"]!.GetValue<string>());
        var record = Assert.Single((await app.Http.GetFromJsonAsync<JsonNode>("/api/installations/old/backups"))!["backups"]!.AsArray())!;
        Assert.Equal(id, record["operationId"]!.GetValue<string>());
        Assert.Equal("v1", record["password"]!["version"]!.GetValue<string>());
        var listed = (await app.Http.GetFromJsonAsync<JsonNode>("/api/operations?state=completed&limit=5"))!["operations"]!.AsArray();
        Assert.Equal(id, Assert.Single(listed)!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_tick_purges_old_operations_except_the_last_scheduled_ones()
    {
        var site = await ScriptedSite.CreateAsync(schedule: "0 0 0 1 1 *");
        site.KeepFor = TimeSpan.FromTicks(1);
        await using var app = await site.StartAsync();
        using var asked = await app.Http.PostAsync("/api/installations/new/backups", null);
        var id = (await ReadAsync(asked))["id"]!.GetValue<string>();
        await app.EndAsync(id);
        await app.TickAsync();

        Assert.Null(await app.Queries.FindAsync(id, default));
        var due = Assert.Single((await app.Http.GetFromJsonAsync<JsonNode>("/api/operations"))!["operations"]!.AsArray())!["id"]!.GetValue<string>();
        Assert.StartsWith("backup-old-", due, StringComparison.Ordinal);
        await app.EndAsync(due);
        using var again = await app.Http.PostAsync("/api/installations/new/backups", null);
        await app.EndAsync((await ReadAsync(again))["id"]!.GetValue<string>());
        await app.TickAsync();

        // Within a day nothing is looked for again, and what was due last has not been started again.
        Assert.Equal(2, (await app.Http.GetFromJsonAsync<JsonNode>("/api/operations"))!["operations"]!.AsArray().Count);
        Assert.Single(await site.RecordsAsync(), record => record.Key.Installation == "old");
    }

    [Fact]
    public async Task A_second_operation_is_refused_naming_the_first()
    {
        var site = await ScriptedSite.CreateAsync();
        var go = new TaskCompletionSource();
        site.Old.Backup = async (_, _, cancellationToken) =>
        {
            await go.Task.WaitAsync(cancellationToken);
            return new MemoryStream([1]);
        };
        await using var app = await site.StartAsync();
        using var first = await app.Http.PostAsync("/api/installations/old/backups", null);
        var id = (await ReadAsync(first))["id"]!.GetValue<string>();
        await WaitFor.ConditionAsync(() => site.Old.Calls.Contains("backup"), "the first to begin", FunctionsApp.Deadline);
        using var second = await app.Http.PostAsync("/api/installations/old/restarts", null);

        var problem = await ProblemAsync(second, HttpStatusCode.Conflict, "Busy");
        Assert.Equal(id, problem["operation"]!.GetValue<string>());
        Assert.Contains(id, problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        go.SetResult();
        Assert.Equal(OperationState.Completed, (await app.EndAsync(id)).State);
    }

    [Fact]
    public async Task A_drill_is_refused_naming_the_operation_on_its_scratch_installation()
    {
        var site = await ScriptedSite.CreateAsync();
        site.ByHand = true;
        await using var app = await site.StartAsync();
        using var without = await app.Http.PostAsync("/api/installations/old/drills", null);
        await ProblemAsync(without, HttpStatusCode.ServiceUnavailable, "InvalidConfiguration");
        site.DrillInto = "new";
        using var restart = await app.Http.PostAsync("/api/installations/new/restarts", null);
        var id = (await ReadAsync(restart))["id"]!.GetValue<string>();
        await app.WaitingAsync(id);
        using var drill = await app.Http.PostAsync("/api/installations/old/drills", null);

        Assert.Equal(id, (await ProblemAsync(drill, HttpStatusCode.Conflict, "Busy"))["operation"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_restore_waits_for_the_approval_it_was_asked_to_require()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        using var backup = await app.Http.PostAsync("/api/installations/old/backups", null);
        await app.EndAsync((await ReadAsync(backup))["id"]!.GetValue<string>());
        using var restore = await app.Http.PostAsJsonAsync(
            "/api/installations/new/restores", new { backup = "latest", from = "old", overwrite = false, approval = "required" });
        Assert.Equal(HttpStatusCode.Accepted, restore.StatusCode);
        var id = (await ReadAsync(restore))["id"]!.GetValue<string>();
        await app.WaitingAsync(id);
        Assert.Null(site.New.Restored);
        Assert.Contains("Approve restoring", (await app.Http.GetFromJsonAsync<JsonNode>($"/api/operations/{id}"))!["status"]!["waiting"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);

        using var word = new HttpRequestMessage(HttpMethod.Post, $"/api/operations/{id}/approval")
        {
            Content = JsonContent.Create(new { approved = true, by = "somebody", comment = "drill" }),
            Headers = { { "X-MS-CLIENT-PRINCIPAL-NAME", "kim@example.com" } },
        };
        using var told = await app.Http.SendAsync(word);
        Assert.Equal(HttpStatusCode.Accepted, told.StatusCode);
        Assert.Null((await app.EndAsync(id)).Failure);
        Assert.NotNull(site.New.Restored);
        using var late = await app.Http.PostAsJsonAsync($"/api/operations/{id}/approval", new { approved = true });
        await ProblemAsync(late, HttpStatusCode.Conflict, "Conflict");
    }

    [Fact]
    public async Task A_dry_run_of_a_restore_answers_with_the_plan_and_starts_nothing()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        await app.EndAsync(await app.Operations.StartBackupAsync("old", default));
        site.New.Answer = site.New.Answer with { Content = InstallationContent.HoldsData };
        using var answer = await app.Http.PostAsJsonAsync(
            "/api/installations/new/restores", new { backup = "latest", from = "old", overwrite = true, approval = "Required", dryRun = true });
        using var refused = await app.Http.PostAsJsonAsync("/api/installations/new/restores", new { backup = "latest", from = "old", dryRun = true });

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var plan = await ReadAsync(answer);
        Assert.Equal(("new", "HoldsData"), (plan["target"]!.GetValue<string>(), plan["targetContent"]!.GetValue<string>()));
        Assert.True(plan["safetyBackup"]!.GetValue<bool>() && plan["requiresApproval"]!.GetValue<bool>() && plan["overwrites"]!.GetValue<bool>());
        Assert.Contains("restore with \"overwrite\": true", (await ReadAsync(refused))["refusal"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Single((await app.Http.GetFromJsonAsync<JsonNode>("/api/operations"))!["operations"]!.AsArray());
        using var maybe = await app.Http.PostAsJsonAsync("/api/installations/new/restores", new { backup = "latest", from = "old", approval = "maybe" });
        Assert.Contains(
            "$.approval: expected none or required", (await ProblemAsync(maybe, HttpStatusCode.BadRequest, "InvalidRequest"))["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_that_is_refused_or_puts_constraints_back_NOT_VALID_says_so_in_the_words_of_HTTP()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        await app.EndAsync(await app.Operations.StartBackupAsync("old", default));
        using var taken = await app.Http.PostAsJsonAsync("/api/installations/new/restores", new { backup = "latest", from = "old", notValid = (string[])["public.a.b"] });
        var done = await app.EndAsync((await ReadAsync(taken))["id"]!.GetValue<string>());
        using var again = await app.Http.PostAsJsonAsync("/api/installations/new/restores", new { backup = "latest", from = "old" });
        var refused = await app.EndAsync((await ReadAsync(again))["id"]!.GetValue<string>());

        Assert.Equal(["public.a.b"], site.New.Options!.NotValid);
        Assert.Equal("public.a.b", done.Output!.Value.GetProperty("notValid")[0].GetString());
        Assert.Contains("\"overwrite\": true", refused.Failure!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("--overwrite", refused.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_is_shown_with_its_checks_and_whether_latest_means_it()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        await app.EndAsync(await app.Operations.StartBackupAsync("old", default));
        var key = Assert.Single(await site.RecordsAsync()).Key;
        await app.EndAsync(await app.Operations.StartVerifyAsync(key, default));
        var shown = (await app.Http.GetFromJsonAsync<JsonNode>($"/api/installations/old/backups/{key.Id}"))!;
        var listed = (await app.Http.GetFromJsonAsync<JsonNode>("/api/installations/old/backups"))!["backups"]![0]!;
        using var nothing = await app.Http.GetAsync("/api/installations/new/backups/latest");
        using var noName = await app.Http.GetAsync("/api/installations/new/backups/tomorrow");

        Assert.True(shown["checks"]![0]!["passed"]!.GetValue<bool>());
        Assert.All(
            (JsonNode[])[shown["backup"]!, listed], backup => Assert.True(backup["isLatest"]!.GetValue<bool>() && backup["lastCheck"]!["passed"]!.GetValue<bool>()));
        await ProblemAsync(nothing, HttpStatusCode.NotFound, "NotFound");
        await ProblemAsync(noName, HttpStatusCode.BadRequest, "InvalidRequest");
    }

    [Fact]
    public async Task The_outcome_names_who_declined()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        using var backup = await app.Http.PostAsync("/api/installations/old/backups", null);
        await app.EndAsync((await ReadAsync(backup))["id"]!.GetValue<string>());
        using var restore = await app.Http.PostAsJsonAsync("/api/installations/new/restores", new { backup = "latest", from = "old", approval = "required" });
        var id = (await ReadAsync(restore))["id"]!.GetValue<string>();
        await app.WaitingAsync(id);
        using var word = new HttpRequestMessage(HttpMethod.Post, $"/api/operations/{id}/approval")
        {
            Content = JsonContent.Create(new { approved = false, by = "somebody" }),
            Headers = { { "X-MS-CLIENT-PRINCIPAL-NAME", "kim@example.com" } },
        };
        using var told = await app.Http.SendAsync(word);

        Assert.Equal("kim@example.com declined; nothing was changed.", (await app.EndAsync(id)).Failure!.Message);
    }

    [Fact]
    public async Task A_restart_by_hand_is_confirmed_where_approvals_are_given()
    {
        var site = await ScriptedSite.CreateAsync();
        site.ByHand = true;
        await using var app = await site.StartAsync();
        using var restart = await app.Http.PostAsync("/api/installations/old/restarts", null);
        var id = (await ReadAsync(restart))["id"]!.GetValue<string>();
        await app.WaitingAsync(id);
        using var no = await app.Http.PostAsJsonAsync($"/api/operations/{id}/approval", new { approved = false, @for = "restarted" });
        await ProblemAsync(no, HttpStatusCode.BadRequest, "InvalidRequest");
        using var yes = await app.Http.PostAsJsonAsync($"/api/operations/{id}/approval", new { approved = true, @for = "restarted" });

        Assert.Equal(HttpStatusCode.Accepted, yes.StatusCode);
        Assert.Equal(OperationState.Completed, (await app.EndAsync(id)).State);
    }

    [Fact]
    public async Task A_repeated_approval_does_not_confirm_the_restart_by_hand_that_follows()
    {
        var site = await ScriptedSite.CreateAsync();
        site.ByHand = true;
        await using var app = await site.StartAsync();
        await app.EndAsync(await app.Operations.StartBackupAsync("old", default));
        using var restore = await app.Http.PostAsJsonAsync("/api/installations/new/restores", new { backup = "latest", from = "old", approval = "required" });
        var id = (await ReadAsync(restore))["id"]!.GetValue<string>();
        var path = $"/api/operations/{id}/approval";
        await app.WaitingAsync(id);
        using var early = await app.Http.PostAsJsonAsync(path, new { approved = true, @for = "restarted" });
        var detail = (await ProblemAsync(early, HttpStatusCode.Conflict, "Conflict"))["detail"]!.GetValue<string>();
        Assert.Contains("Approve restoring", detail, StringComparison.Ordinal);

        // Twice while it waits for an approval; and again when it waits for the restart.
        foreach (var _ in Enumerable.Range(0, 2))
        {
            using var yes = await app.Http.PostAsJsonAsync(path, new { approved = true });
            Assert.Contains(yes.StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.Conflict]);
        }

        await WaitFor.ConditionAsync(async () => (await app.WaitingAsync(id)).Event == "restarted", "the wait for the restart", FunctionsApp.Deadline);
        using var again = await app.Http.PostAsJsonAsync(path, new { approved = true });
        await ProblemAsync(again, HttpStatusCode.Conflict, "Conflict");
        Assert.Equal("restarted", (await app.WaitingAsync(id)).Event);
        using var done = await app.Http.PostAsJsonAsync(path, new { approved = true, @for = "restarted" });
        Assert.Equal(HttpStatusCode.Accepted, done.StatusCode);

        Assert.Null((await app.EndAsync(id)).Failure);
    }

    [Fact]
    public async Task A_backup_is_verified_by_id_or_as_the_latest()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        await app.EndAsync(await app.Operations.StartBackupAsync("old", default));
        var key = Assert.Single(await site.RecordsAsync()).Key;
        foreach (var backup in (string[])["latest", key.Id])
        {
            using var answer = await app.Http.PostAsJsonAsync("/api/installations/old/verifications", new { backup });
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            await app.EndAsync((await ReadAsync(answer))["id"]!.GetValue<string>());
            var ended = (await app.Http.GetFromJsonAsync<JsonNode>(answer.Headers.Location))!;

            Assert.Equal(("Completed", "Verify"), (ended["state"]!.GetValue<string>(), ended["name"]!.GetValue<string>()));
            Assert.Equal(key.Id, ended["input"]!["backup"]!["id"]!.GetValue<string>());
            Assert.True(ended["output"]!["passed"]!.GetValue<bool>());
        }

        Assert.Equal(2, (await site.ChecksAsync(key)).Count);
    }

    [Fact]
    public async Task A_dry_run_of_retention_lists_what_retention_then_removes()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        await app.EndAsync(await app.Operations.StartBackupAsync("old", default));
        await app.EndAsync(await app.Operations.StartBackupAsync("old", default));
        site.Retention = new RetentionPolicy { KeepLast = 1 };
        foreach (var (body, left) in ((object, int)[])[(new { dryRun = true }, 2), (new { }, 1)])
        {
            using var answer = await app.Http.PostAsJsonAsync("/api/installations/old/retention", body);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            await app.EndAsync((await ReadAsync(answer))["id"]!.GetValue<string>());
            var ended = (await app.Http.GetFromJsonAsync<JsonNode>(answer.Headers.Location))!;

            Assert.Equal(("Completed", "Retention"), (ended["state"]!.GetValue<string>(), ended["name"]!.GetValue<string>()));
            Assert.Equal(left == 2, ended["output"]!["dryRun"]!.GetValue<bool>());
            Assert.Equal(1, ended["output"]!["removedCount"]!.GetValue<int>());
            Assert.Equal(left, (await site.RecordsAsync()).Count);
        }
    }

    [Theory]
    [InlineData("", OperationState.Terminated)]
    [InlineData("?graceful=true", OperationState.Failed)]
    public async Task An_operation_is_ended_at_once_or_gracefully(string query, OperationState expected)
    {
        var site = await ScriptedSite.CreateAsync();
        site.ByHand = true;
        await using var app = await site.StartAsync();
        using var restart = await app.Http.PostAsync("/api/installations/old/restarts", null);
        var id = (await ReadAsync(restart))["id"]!.GetValue<string>();
        await app.WaitingAsync(id);
        using var end = await app.Http.DeleteAsync($"/api/operations/{id}{query}");

        Assert.Equal(HttpStatusCode.Accepted, end.StatusCode);
        var instance = await app.EndAsync(id);
        Assert.Equal((expected, OperationError.Cancelled), (instance.State, instance.Failure!.Error));
    }

    [Theory]
    [InlineData("POST", "/api/installations/nowhere/backups", null, 404, "NotFound")]
    [InlineData("GET", "/api/installations/nowhere/backups", null, 404, "NotFound")]
    [InlineData("POST", "/api/installations/nowhere/drills", null, 404, "NotFound")]
    [InlineData("POST", "/api/installations/new/restores", """{"backup":"latest","from":"nowhere"}""", 404, "NotFound")]
    [InlineData("POST", "/api/installations/new/restores", """{"from":"old"}""", 400, "InvalidRequest")]
    [InlineData("POST", "/api/installations/new/restores", """{"backup":"latest","overwrit":true}""", 400, "InvalidRequest")]
    [InlineData("POST", "/api/installations/new/restores", """{"backup":null}""", 400, "InvalidRequest")]
    [InlineData("POST", "/api/installations/new/restores", "", 400, "InvalidRequest")]
    [InlineData("POST", "/api/installations/new/restores", """{"backup":"latest","approval":"maybe"}""", 400, "InvalidRequest")]
    [InlineData("POST", "/api/installations/nowhere/verifications", """{"backup":"latest"}""", 404, "NotFound")]
    [InlineData("POST", "/api/installations/old/verifications", """{"backup":"latest"}""", 404, "NotFound")]
    [InlineData("POST", "/api/installations/old/verifications", """{"backup":"20200101T000000Z-00000000"}""", 404, "NotFound")]
    [InlineData("POST", "/api/installations/old/verifications", """{"backup":"new/latest"}""", 400, "InvalidRequest")]
    [InlineData("POST", "/api/installations/old/verifications", """{"backup":"newest"}""", 400, "InvalidRequest")]
    [InlineData("POST", "/api/installations/old/verifications", """{"backup":null}""", 400, "InvalidRequest")]
    [InlineData("POST", "/api/installations/old/verifications", "{}", 400, "InvalidRequest")]
    [InlineData("POST", "/api/installations/nowhere/retention", "{}", 404, "NotFound")]
    [InlineData("POST", "/api/installations/old/retention", """{"dryrun":true}""", 400, "InvalidRequest")]
    [InlineData("POST", "/api/installations/old/retention", "", 400, "InvalidRequest")]
    [InlineData("GET", "/api/operations/nothing", null, 404, "NotFound")]
    [InlineData("GET", "/api/operations/@nothing@1", null, 404, "NotFound")]
    [InlineData("DELETE", "/api/operations/@nothing@1", null, 404, "NotFound")]
    [InlineData("DELETE", "/api/operations/nothing", null, 404, "NotFound")]
    [InlineData("DELETE", "/api/operations/nothing?graceful=perhaps", null, 400, "InvalidRequest")]
    [InlineData("POST", "/api/operations/nothing/approval", """{"approved":true}""", 404, "NotFound")]
    [InlineData("POST", "/api/operations/nothing/approval", "{}", 400, "InvalidRequest")]
    [InlineData("POST", "/api/operations/nothing/approval", """{"approved":true,"for":"everything"}""", 400, "InvalidRequest")]
    [InlineData("GET", "/api/operations?state=1", null, 400, "InvalidRequest")]
    [InlineData("GET", "/api/operations?limit=0", null, 400, "InvalidRequest")]
    public async Task Failures_are_problem_documents(string method, string path, string? body, int status, string title)
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body) };
        using var answer = await app.Http.SendAsync(request);

        var problem = await ProblemAsync(answer, (HttpStatusCode)status, title);
        Assert.DoesNotMatch(@"\b(TfeBackup|System|Microsoft)\.[A-Z]", problem.ToJsonString());
    }

    [Fact]
    public async Task A_healthy_app_says_so()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        var health = (await app.Http.GetFromJsonAsync<JsonNode>("/api/health"))!;

        Assert.Equal("healthy", health["status"]!.GetValue<string>());
        Assert.Equal(["new", "old"], health["installations"]!.AsArray().Select(name => name!.GetValue<string>()));
    }

    [Fact]
    public async Task Wrong_settings_are_named_by_health_by_every_call_and_in_the_log_of_the_start()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage"] = "UseDevelopmentStorage=true",
            ["Installations:old:Endpoint"] = "https://old.example.com",
            ["Installations:old:TokenSecret"] = "old-token",
            ["Installations:old:Schedule"] = "often",
            ["Store:Kind"] = "AzureBlob",
            ["Store:Container"] = "tfe",
        }).Build();
        var site = await ScriptedSite.CreateAsync();
        await using var app = await FunctionsApp.StartAsync(services => services.AddBackupApp(), site, settings: settings);
        using var health = await app.Http.GetAsync("/api/health");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        var faults = (await ReadAsync(health))["faults"]!.AsArray().Select(fault => fault!.GetValue<string>()).ToList();
        Assert.Contains(faults, fault => fault.Contains("Schedule", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("PasswordSecret", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Store", StringComparison.Ordinal));
        Assert.All(faults, fault => Assert.Contains(site.Log, line => line.Contains(fault, StringComparison.Ordinal)));
        using var start = await app.Http.PostAsync("/api/installations/old/backups", null);
        var problem = await ProblemAsync(start, HttpStatusCode.ServiceUnavailable, "InvalidConfiguration");
        Assert.All(faults, fault => Assert.Contains(fault, problem["detail"]!.GetValue<string>(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_does_not_answer_makes_the_app_unhealthy()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        await site.DeleteStoreAsync();
        using var health = await app.Http.GetAsync("/api/health");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.StartsWith("store: ", Assert.Single((await ReadAsync(health))["faults"]!.AsArray())!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ticks_late_doubled_or_missed_make_one_backup()
    {
        // Due once a year: whenever this runs, one due time was the last.
        var site = await ScriptedSite.CreateAsync(schedule: "0 0 0 1 1 *");
        await using var app = await site.StartAsync();
        await Task.WhenAll(app.TickAsync(), app.TickAsync());
        await app.TickAsync();
        var operations = (await app.Http.GetFromJsonAsync<JsonNode>("/api/operations"))!["operations"]!.AsArray();
        var id = Assert.Single(operations)!["id"]!.GetValue<string>();
        Assert.Matches("^backup-old-[0-9]{4}0101T000000Z$", id);
        Assert.Null((await app.EndAsync(id)).Failure);
        await app.TickAsync();

        Assert.Single((await app.Http.GetFromJsonAsync<JsonNode>("/api/operations"))!["operations"]!.AsArray());
        Assert.Single(await site.RecordsAsync());
        Assert.Equal(BackupPurpose.Scheduled, (await site.RecordsAsync())[0].Purpose);
        Assert.Contains(site.Log, line => line.StartsWith($"{TelemetryNames.InstallationStateId} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_installation_that_is_not_ready_is_said_to_be_waited_for()
    {
        var site = await ScriptedSite.CreateAsync();
        site.Old.Answer = new InstallationStatus { Ready = false, Detail = "503, database: ERROR" };
        await using var app = await site.StartAsync();
        using var start = await app.Http.PostAsync("/api/installations/old/backups", null);
        var id = (await ReadAsync(start))["id"]!.GetValue<string>();
        await WaitFor.ConditionAsync(
            async () => (await app.Http.GetStringAsync($"/api/operations/{id}")).Contains("503, database: ERROR", StringComparison.Ordinal),
            "the wait to be seen",
            FunctionsApp.Deadline);
        site.Old.Answer = new InstallationStatus { Ready = true, Detail = "OK" };

        Assert.Null((await app.EndAsync(id)).Failure);
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage answer) =>
        JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

    private static async Task<JsonNode> ProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string title)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = await ReadAsync(answer);
        Assert.Equal((title, (int)status), (problem["title"]!.GetValue<string>(), problem["status"]!.GetValue<int>()));
        Assert.False(string.IsNullOrWhiteSpace(problem["detail"]!.GetValue<string>()));
        return problem;
    }
}

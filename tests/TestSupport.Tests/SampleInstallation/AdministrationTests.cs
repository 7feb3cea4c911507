using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace TfeBackup.TestSupport.Tests.SampleInstallation;

/// <summary>What the sample application keeps besides states.</summary>
public sealed class AdministrationTests : IAsyncLifetime
{
    private SampleApp _app = null!;

    public async Task InitializeAsync() => _app = await SampleApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Sensitive_values_are_ciphertext_in_the_database_and_plain_to_a_user()
    {
        await PostAsync("/api/v1/workspaces", """{"name":"w","tags":["a","b"],"settings":{"auto_apply":true}}""");
        await PostAsync("/api/v1/workspaces/w/variables", """{"key":"open","value":"vault:v1:not really"}""");
        await PostAsync("/api/v1/workspaces/w/variables", """{"key":"secret","value":"s3cret ü","sensitive":true}""");
        await PostAsync("/api/v1/workspaces/w/variables", """{"key":"blank","value":"","sensitive":true,"category":"env"}""");

        var stored = await _app.Database.QueryAsync<string>("SELECT value_encrypted FROM variables WHERE key = 'secret'");
        var read = (await _app.Http.GetFromJsonAsync<JsonArray>("/api/v1/workspaces/w/variables"))!.ToDictionary(v => v!["key"]!.GetValue<string>(), v => v!["value"]!.GetValue<string>());

        Assert.Equal("s3cret ü"u8, _app.Vault.Decrypt("sample_variables_value", stored));
        Assert.Equal(new Dictionary<string, string> { ["open"] = "vault:v1:not really", ["secret"] = "s3cret ü", ["blank"] = "" }, read);
        Assert.Equal("", await _app.Database.QueryAsync<string>("SELECT value_encrypted FROM variables WHERE key = 'blank'"));
        var otp = await _app.Database.QueryAsync<string>("SELECT otp_secret_encrypted FROM users");
        Assert.Equal("JBSWY3DPEHPK3PXP"u8, _app.Vault.Decrypt("sample_users_otp_secret", otp));
    }

    [Fact]
    public async Task Earlier_states_stay_on_record()
    {
        await PostAsync("/api/v1/workspaces", """{"name":"w"}""");
        await PostAsync("/state/w", """{"serial":1}""");
        await PostAsync("/state/w", """{"serial":2}""");
        await PostAsync("/api/v1/summaries/refresh", "");

        Assert.Equal("""{"serial":1}""", await _app.Http.GetStringAsync("/api/v1/workspaces/w/state-versions/1"));
        Assert.Equal("""{"serial":2}""", await _app.Http.GetStringAsync("/state/w"));
        Assert.Equal(2, await _app.Database.QueryAsync<int>("SELECT state_version_count FROM workspace_summaries WHERE serial = 2"));
        Assert.Equal(2, await _app.Database.QueryAsync<long>("SELECT count(*) FROM audit_events WHERE action = 'state.created'"));
    }

    [Fact]
    public async Task What_enters_the_database_behind_its_back_is_served_after_a_restart()
    {
        await _app.Database.ExecuteAsync("INSERT INTO workspaces (external_id, name) VALUES ('ws-1', 'behind')");
        Assert.Equal(HttpStatusCode.NotFound, (await _app.Http.GetAsync("/state/behind")).StatusCode);

        Assert.Equal(0, await _app.Process.StopAsync());
        await _app.Process.StartAgainAsync();

        Assert.Equal(HttpStatusCode.NoContent, (await _app.Http.GetAsync("/state/behind")).StatusCode);
    }

    [Fact]
    public async Task Strangers_are_kept_out_and_readers_may_only_read()
    {
        await PostAsync("/api/v1/users", """{"name":"guest","password":"p","role":"reader"}""");
        using var guest = _app.CreateClient("guest", "p");
        using var stranger = _app.CreateClient("guest", "q");

        Assert.Equal(HttpStatusCode.OK, (await guest.GetAsync("/api/v1/workspaces")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await guest.PostAsync("/api/v1/workspaces", SampleApp.Json("""{"name":"w"}"""))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/api/v1/workspaces")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.PostAsync("/api/v1/users/first", SampleApp.Json("""{"name":"x","password":"y"}"""))).StatusCode);
    }

    [Fact]
    public async Task Readiness_names_what_is_missing()
    {
        using var ready = await _app.Http.GetAsync("/api/v1/health/readiness?timeout=5");
        _app.Vault.Sealed = true;
        using var notReady = await _app.Http.GetAsync("/api/v1/health/readiness");
        using var full = await _app.Http.GetAsync("/_health_check?full=1");
        var checks = JsonNode.Parse(await notReady.Content.ReadAsStringAsync())!["checks"]!.AsArray();

        Assert.Equal("OK", JsonNode.Parse(await ready.Content.ReadAsStringAsync())!["status"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, notReady.StatusCode);
        Assert.Equal("vault", Assert.Single(checks, c => c!["status"]!.GetValue<string>() == "ERROR")!["name"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, full.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _app.Http.GetAsync("/api/v1/health/readiness?timeout=31")).StatusCode);
        Assert.Equal("OK", await _app.Http.GetStringAsync("/_health_check"));
    }

    private async Task PostAsync(string path, string json) => (await _app.Http.PostAsync(path, SampleApp.Json(json))).EnsureSuccessStatusCode();
}

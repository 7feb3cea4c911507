using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport;

namespace TfeBackup.Installations.Tests;

public sealed class ApiInstallationStatusTests
{
    private const string Readiness = "/api/v1/health/readiness";
    private const string HealthCheck = "/_health_check";
    private const string Service = "/_backup/api/v1/health";

    [Theory]
    [InlineData(200, """{"status":"OK","checks":{"database":{"status":"OK"}}}""", true)]
    [InlineData(200, """{"status":"OK","checks":[{"name":"database","status":"OK"}]}""", true)]
    [InlineData(503, """{"status":"ERROR","checks":{"database":{"status":"ERROR"},"vault":{"status":"OK"}}}""", false)]
    [InlineData(400, """{"errors":["timeout"]}""", false)]
    public async Task Readiness_is_what_the_application_says(int status, string body, bool ready)
    {
        await using var server = await ServeAsync((Readiness, status, "application/json", body));

        var answer = await ApiInstallationFixture.Create(server.Address).GetStatusAsync(default);

        Assert.Equal(ready, answer.Ready);
        Assert.Contains($"{status}", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_is_named()
    {
        await using var server = await ServeAsync(
            (Readiness, 503, "application/json", """{"status":"ERROR","checks":{"database":{"status":"ERROR"},"vault":{"status":"OK"}}}"""));

        var answer = await ApiInstallationFixture.Create(server.Address).GetStatusAsync(default);

        Assert.Contains("database: ERROR", answer.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("vault", answer.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(200)]
    public async Task Draining_is_not_ready(int status)
    {
        await using var server = await ServeAsync((Readiness, status, "application/json", """{"status":"DRAINING"}"""));

        var answer = await ApiInstallationFixture.Create(server.Address).GetStatusAsync(default);

        Assert.Equal((false, true), (answer.Ready, answer.Draining));
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(502, false)]
    public async Task Older_versions_are_asked_in_their_own_way(int status, bool ready)
    {
        await using var server = await ServeAsync((HealthCheck, status, "text/plain", "OK"));

        var answer = await ApiInstallationFixture.Create(server.Address).GetStatusAsync(default);

        Assert.Equal(ready, answer.Ready);
        Assert.Contains(HealthCheck, answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_gave_up_the_older_way_and_lacks_the_newer_is_not_ready()
    {
        await using var server = await ServeAsync((HealthCheck, 410, "text/plain", "Gone"));

        var answer = await ApiInstallationFixture.Create(server.Address).GetStatusAsync(default);

        Assert.False(answer.Ready);
        Assert.Contains("410", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_service_beside_the_application_has_a_say()
    {
        await using var server = await ServeAsync(
            (Readiness, 200, "application/json", """{"status":"OK"}"""),
            (Service, 503, "application/json", """{"status":"failed","checks":[{"name":"database","status":"ok"},{"name":"vault","status":"failed","detail":"It is sealed."}]}"""));

        var answer = await ApiInstallationFixture.Create(server.Address).GetStatusAsync(default);

        Assert.False(answer.Ready);
        Assert.Contains("vault: It is sealed.", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_service_alone_suffices_and_reports_its_content()
    {
        await using var server = await ServeAsync((Service, 200, "application/json", """{"status":"OK","content":"empty","productVersion":"1.2.3"}"""));

        var answer = await ApiInstallationFixture.Create(server.Address).GetStatusAsync(default);

        Assert.True(answer.Ready);
        Assert.Equal((InstallationContent.Empty, "1.2.3"), (answer.Content, answer.ProductVersion));
    }

    [Fact]
    public async Task A_web_page_is_no_status()
    {
        await using var server = await ServeAsync(
            (Readiness, 200, "text/html", "<html>"), (HealthCheck, 200, "text/html", "<html>"), (Service, 200, "text/html", "<html>"));

        Assert.False((await ApiInstallationFixture.Create(server.Address).GetStatusAsync(default)).Ready);
    }

    [Fact]
    public async Task A_readiness_address_of_ones_own_is_asked_as_it_is()
    {
        var asked = new ConcurrentBag<string>();
        await using var server = await HttpServer.StartAsync(context =>
        {
            asked.Add(context.Request.Path);
            context.Response.StatusCode = context.Request.Path == "/ready" ? 200 : 404;
            return Task.CompletedTask;
        });

        var answer = await ApiInstallationFixture.Create(server.Address, healthUrl: new Uri(server.Address, "/ready")).GetStatusAsync(default);

        Assert.True(answer.Ready);
        Assert.Equal(["/_backup/api/v1/health", "/ready"], asked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_token_that_the_service_refuses_is_no_matter_of_waiting()
    {
        await using var server = await ServeAsync(
            (Readiness, 200, "application/json", """{"status":"OK"}"""), (Service, 200, "application/json", """{"status":"ok","token":"refused"}"""));

        var refused = await Assert.ThrowsAsync<OperationException>(() => ApiInstallationFixture.Create(server.Address).GetStatusAsync(default));

        Assert.Equal(OperationError.Refused, refused.Error);
        Assert.Contains("TokenSecret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_room_for_objects_is_reported()
    {
        await using var server = await ServeAsync(
            (Readiness, 200, "application/json", """{"status":"OK"}"""), (Service, 200, "application/json", """{"status":"ok","content":"empty","freeBytes":12345}"""));

        Assert.Equal(12_345, (await ApiInstallationFixture.Create(server.Address).GetStatusAsync(default)).FreeBytes);
    }

    [Fact]
    public async Task No_response_is_a_status()
    {
        await using var server = new RawServer((_, stop) => Task.Delay(Timeout.Infinite, stop));
        var silent = await ApiInstallationFixture.Create(server.Address, ApiInstallationFixture.Impatient).GetStatusAsync(default);
        var gone = await ApiInstallationFixture.Create(new Uri("http://127.0.0.1:1")).GetStatusAsync(default);

        Assert.Equal((false, false), (silent.Ready, gone.Ready));
        Assert.Contains("no response within 5 s", silent.Detail, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:1", gone.Detail, StringComparison.Ordinal);
    }

    private static Task<HttpServer> ServeAsync(params (string Path, int Status, string Type, string Body)[] pages) =>
        HttpServer.StartAsync(async context =>
        {
            var page = pages.SingleOrDefault(page => page.Path == context.Request.Path);
            context.Response.StatusCode = page.Path is null ? 404 : page.Status;
            context.Response.ContentType = page.Type ?? "text/plain";
            await context.Response.WriteAsync(page.Body ?? "");
        });
}

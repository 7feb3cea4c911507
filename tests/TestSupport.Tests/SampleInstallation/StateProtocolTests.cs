using System.Net;
using System.Text;
using Xunit;

namespace TfeBackup.TestSupport.Tests.SampleInstallation;

/// <summary>The sample application as Terraform's <c>http</c> backend, on both kinds of object store.</summary>
public sealed class StateProtocolTests(SampleAppFixture apps) : IClassFixture<SampleAppFixture>
{
    private const string State = """{"version":4,"serial":3,"lineage":"7d1b3f0e-31a7-4f3e-8a0f-0d6f5d3b1c55","outputs":{"a":"plain text"}}""";

    public static TheoryData<string> Stores => ["directory", "container"];

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_state_is_read_back_to_the_byte_with_its_checksum_and_is_gone_after_its_deletion(string store)
    {
        var (http, path) = await CreateWorkspaceAsync(store);
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync(path)).StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync(path, SampleApp.Json(State))).StatusCode);
        using var read = await http.GetAsync(path);

        Assert.Equal(State, await read.Content.ReadAsStringAsync());
        Assert.NotNull(read.Content.Headers.ContentMD5);
        Assert.Equal(HttpStatusCode.OK, (await http.DeleteAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task A_workspace_that_does_not_exist_is_not_found()
    {
        var http = apps["directory"].Http;

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/state/none")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.PostAsync("/state/none", SampleApp.Json(State))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, await SendAsync(http, "LOCK", "/state/none", Lock("1")));
    }

    [Fact]
    public async Task What_is_no_state_or_has_another_checksum_is_refused()
    {
        var (http, path) = await CreateWorkspaceAsync("directory");
        using var wrong = SampleApp.Json(State);
        wrong.Headers.ContentMD5 = new byte[16];

        Assert.Equal(HttpStatusCode.BadRequest, (await http.PostAsync(path, wrong)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.PostAsync(path, SampleApp.Json("no state"))).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync(path)).StatusCode);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_lock_keeps_others_out_and_tells_them_who_holds_it(string store)
    {
        var (http, path) = await CreateWorkspaceAsync(store);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(http, "LOCK", path, Lock("mine")));

        using var refused = await RequestAsync(http, "LOCK", path, Lock("theirs"));
        using var write = await http.PostAsync($"{path}?ID=theirs", SampleApp.Json(State));

        Assert.Equal(HttpStatusCode.Locked, refused.StatusCode);
        Assert.Equal(Lock("mine"), await refused.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Locked, write.StatusCode);
        Assert.Equal(Lock("mine"), await write.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Locked, (await http.DeleteAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.Locked, await SendAsync(http, "UNLOCK", path, Lock("theirs")));
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync($"{path}?ID=mine", SampleApp.Json(State))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(http, "UNLOCK", path, Lock("mine")));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(http, "LOCK", path, Lock("theirs")));
    }

    [Fact]
    public async Task An_unlock_without_information_is_forced()
    {
        var (http, path) = await CreateWorkspaceAsync("directory");
        await SendAsync(http, "LOCK", path, Lock("mine"));

        Assert.Equal(HttpStatusCode.OK, await SendAsync(http, "UNLOCK", path, ""));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(http, "LOCK", path, Lock("theirs")));
    }

    [Theory]
    [InlineData("directory", 100, "vault:v1:")]
    [InlineData("container", 100, "vault:v1:")]
    [InlineData("directory", 300_000, "age-encryption.org/v1\n-> vault-transit sample_archivist\n")]
    [InlineData("container", 300_000, "age-encryption.org/v1\n-> vault-transit sample_archivist\n")]
    public async Task A_state_is_encrypted_in_the_store(string store, int length, string beginning)
    {
        var (http, path) = await CreateWorkspaceAsync(store);
        var state = $$"""{"serial":1,"filler":"{{new string('x', length)}}"}""";
        (await http.PostAsync(path, SampleApp.Json(state))).EnsureSuccessStatusCode();

        var key = await apps[store].Database.QueryAsync<string>(
            $"SELECT s.object_key FROM state_versions s JOIN workspaces w ON w.current_state_version_id = s.id WHERE w.name = '{Path.GetFileName(path)}'");
        var stored = Encoding.Latin1.GetString(await apps[store].ReadStoredAsync(key));

        Assert.StartsWith(beginning, stored, StringComparison.Ordinal);
        Assert.DoesNotContain("xxxxxxxx", stored, StringComparison.Ordinal);
        Assert.Equal(state, await http.GetStringAsync(path));
    }

    private static string Lock(string id) => $$"""{"ID":"{{id}}","Operation":"OperationTypeApply","Who":"somebody"}""";

    private static async Task<HttpResponseMessage> RequestAsync(HttpClient http, string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = SampleApp.Json(body) };
        return await http.SendAsync(request);
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient http, string method, string path, string body)
    {
        using var answer = await RequestAsync(http, method, path, body);
        return answer.StatusCode;
    }

    private async Task<(HttpClient Http, string Path)> CreateWorkspaceAsync(string store)
    {
        var name = $"workspace-{Guid.NewGuid():N}";
        (await apps[store].Http.PostAsync("/api/v1/workspaces", SampleApp.Json($$"""{"name":"{{name}}"}"""))).EnsureSuccessStatusCode();
        return (apps[store].Http, $"/state/{name}");
    }
}

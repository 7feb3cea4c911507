using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using TfeBackup.TestSupport.Transit;
using Xunit;

namespace TfeBackup.TestSupport.Tests.Transit;

/// <summary>
/// What this project relies on in Vault's Transit engine. Every case runs against <see cref="TransitServer"/> and, where
/// <c>vault</c> or <c>bao</c> is on the PATH, against that too, so that the former is kept honest.
/// </summary>
public sealed class TransitTests : IAsyncLifetime
{
    private const string InProcess = "in process";

    private readonly string _key = $"app_{Guid.NewGuid():N}";
    private IAsyncDisposable? _server;
    private HttpClient _http = new();

    public static TheoryData<string> Servers => [InProcess, .. VaultDevServer.Available];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _http.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task What_was_encrypted_decrypts_to_the_same_and_looks_different_every_time(string kind)
    {
        await StartAsync(kind);

        var first = await EncryptAsync("secret");
        var second = await EncryptAsync("secret");

        Assert.StartsWith("vault:v1:", first, StringComparison.Ordinal);
        Assert.NotEqual(first, second);
        Assert.Equal("secret", await DecryptAsync(first));
        Assert.Equal("secret", await DecryptAsync(second));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task An_empty_value_is_encrypted_too(string kind)
    {
        await StartAsync(kind);

        Assert.Equal("", await DecryptAsync(await EncryptAsync("")));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_rotated_key_encrypts_under_its_new_version_and_still_decrypts_the_old_one(string kind)
    {
        await StartAsync(kind);
        var old = await EncryptAsync("secret");

        (await _http.PostAsync($"keys/{_key}/rotate", null)).EnsureSuccessStatusCode();

        Assert.StartsWith("vault:v2:", await EncryptAsync("secret"), StringComparison.Ordinal);
        Assert.Equal("secret", await DecryptAsync(old));
        var rewrapped = (await PostAsync($"rewrap/{_key}", new { ciphertext = old })).Body["data"]!["ciphertext"]!.GetValue<string>();
        Assert.StartsWith("vault:v2:", rewrapped, StringComparison.Ordinal);
        Assert.Equal("secret", await DecryptAsync(rewrapped));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_version_below_the_minimum_is_no_longer_decrypted(string kind)
    {
        await StartAsync(kind);
        var old = await EncryptAsync("secret");
        (await _http.PostAsync($"keys/{_key}/rotate", null)).EnsureSuccessStatusCode();

        (await _http.PostAsJsonAsync($"keys/{_key}/config", new { min_decryption_version = 2 })).EnsureSuccessStatusCode();

        var answer = await PostAsync($"decrypt/{_key}", new { ciphertext = old });
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("too old", answer.Body["errors"]![0]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_batch_keeps_its_order_and_echoes_references(string kind)
    {
        await StartAsync(kind);
        var values = Enumerable.Range(0, 500).Select(i => $"value {i}").ToArray();

        var encrypted = await PostAsync(
            $"encrypt/{_key}", new { batch_input = values.Select((v, i) => new { plaintext = Base64(v), reference = $"{i}" }) });
        var results = encrypted.Body["data"]!["batch_results"]!.AsArray();
        var decrypted = await PostAsync(
            $"decrypt/{_key}", new { batch_input = results.Select(r => new { ciphertext = r!["ciphertext"]!.GetValue<string>() }) });

        Assert.Equal(HttpStatusCode.OK, encrypted.Status);
        Assert.Equal("499", results[499]!["reference"]!.GetValue<string>());
        Assert.Equal(values, decrypted.Body["data"]!["batch_results"]!.AsArray().Select(r => Text(r!["plaintext"]!.GetValue<string>())));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_batch_that_fails_in_part_answers_400_with_every_result_in_place(string kind)
    {
        await StartAsync(kind);
        var good = await EncryptAsync("secret");
        object[] items = [new { ciphertext = good }, new { ciphertext = "no ciphertext" }, new { ciphertext = good }];

        var answer = await PostAsync($"decrypt/{_key}", new { batch_input = items });

        var results = answer.Body["data"]!["batch_results"]!.AsArray();
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("secret", Text(results[0]!["plaintext"]!.GetValue<string>()));
        Assert.Contains("no prefix", results[1]!["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("secret", Text(results[2]!["plaintext"]!.GetValue<string>()));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task The_status_of_a_partial_failure_can_be_chosen_and_of_a_total_one_cannot(string kind)
    {
        await StartAsync(kind);
        var good = await EncryptAsync("secret");
        object bad = new { ciphertext = "no ciphertext" };

        var partial = await PostAsync($"decrypt/{_key}", new { batch_input = new[] { new { ciphertext = good }, bad }, partial_failure_response_code = 206 });
        var total = await PostAsync($"decrypt/{_key}", new { batch_input = new[] { bad, bad }, partial_failure_response_code = 206 });

        Assert.Equal(HttpStatusCode.PartialContent, partial.Status);
        Assert.Equal(HttpStatusCode.BadRequest, total.Status);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task An_altered_ciphertext_and_one_of_another_key_are_refused(string kind)
    {
        await StartAsync(kind);
        var bytes = Convert.FromBase64String((await EncryptAsync("secret"))["vault:v1:".Length..]);
        bytes[^1] ^= 1;
        var other = await PostAsync($"encrypt/{_key}_other", new { plaintext = Base64("secret") });

        var altered = await PostAsync($"decrypt/{_key}", new { ciphertext = $"vault:v1:{Convert.ToBase64String(bytes)}" });
        var foreign = await PostAsync($"decrypt/{_key}", new { ciphertext = other.Body["data"]!["ciphertext"]!.GetValue<string>() });

        Assert.Equal(HttpStatusCode.BadRequest, altered.Status);
        Assert.Equal(HttpStatusCode.BadRequest, foreign.Status);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_missing_key_is_made_by_encrypting_but_not_by_decrypting(string kind)
    {
        await StartAsync(kind);

        var before = await PostAsync($"decrypt/{_key}", new { ciphertext = "vault:v1:AAAA" });
        var described = await _http.GetAsync($"keys/{_key}");
        await EncryptAsync("secret");
        var after = await _http.GetAsync($"keys/{_key}");

        Assert.Equal(HttpStatusCode.BadRequest, before.Status);
        Assert.Equal(HttpStatusCode.NotFound, described.StatusCode);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_data_key_comes_plain_and_wrapped(string kind)
    {
        await StartAsync(kind);
        (await _http.PostAsync($"keys/{_key}", null)).EnsureSuccessStatusCode();

        var data = (await PostAsync($"datakey/plaintext/{_key}", new { bits = 128 })).Body["data"]!;
        var unwrapped = await PostAsync($"decrypt/{_key}", new { ciphertext = data["ciphertext"]!.GetValue<string>() });
        var wrapped = (await PostAsync($"datakey/wrapped/{_key}", new { bits = 256 })).Body["data"]!.AsObject();

        Assert.Equal(16, Convert.FromBase64String(data["plaintext"]!.GetValue<string>()).Length);
        Assert.Equal(data["plaintext"]!.GetValue<string>(), unwrapped.Body["data"]!["plaintext"]!.GetValue<string>());
        Assert.False(wrapped.ContainsKey("plaintext"));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_wrong_token_is_denied(string kind)
    {
        await StartAsync(kind);
        _http.DefaultRequestHeaders.Remove("X-Vault-Token");
        _http.DefaultRequestHeaders.Add("X-Vault-Token", "hvs.wrong");

        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync($"encrypt/{_key}", new { plaintext = "" })).Status);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_request_body_over_32_MiB_is_refused(string kind)
    {
        await StartAsync(kind);
        var value = new string('A', 1000 * 1000);

        // Refused while the body is still on its way: the answer, or the closed connection, may come first.
        HttpStatusCode? status = null;
        try
        {
            status = (await _http.PostAsJsonAsync($"encrypt/{_key}", new { batch_input = Enumerable.Repeat(new { plaintext = value }, 40) })).StatusCode;
        }
        catch (HttpRequestException)
        {
        }

        Assert.True(status is null or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.BadRequest, $"{status}");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Text(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    private async Task StartAsync(string kind)
    {
        TransitEndpoint endpoint;
        if (kind == InProcess)
        {
            var server = await TransitServer.StartAsync();
            (_server, endpoint) = (server, server.Endpoint);
        }
        else
        {
            var server = await VaultDevServer.StartAsync(kind);
            (_server, endpoint) = (server, server.Endpoint);
        }

        _http = new HttpClient { BaseAddress = new Uri(endpoint.Address, $"/v1/{endpoint.Mount}/") };
        _http.DefaultRequestHeaders.Add("X-Vault-Token", endpoint.Token);
    }

    private async Task<string> EncryptAsync(string text) =>
        (await PostAsync($"encrypt/{_key}", new { plaintext = Base64(text) })).Body["data"]!["ciphertext"]!.GetValue<string>();

    private async Task<string> DecryptAsync(string ciphertext) =>
        Text((await PostAsync($"decrypt/{_key}", new { ciphertext })).Body["data"]!["plaintext"]!.GetValue<string>());

    private async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(string path, object body)
    {
        using var answer = await _http.PostAsJsonAsync(path, body);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }
}

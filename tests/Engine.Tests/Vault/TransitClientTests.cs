using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using TfeBackup.Engine.Vault;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Transit;
using Xunit;

namespace TfeBackup.Engine.Tests.Vault;

public sealed class TransitClientTests
{
    [Fact]
    public async Task Values_come_back_in_their_order_across_batches()
    {
        await using var vault = await VaultFixture.StartAsync();
        using var client = vault.Client(o => o with { BatchItems = 7 });
        var plaintexts = Enumerable.Range(0, 100).Select(i => Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('x', i)))).ToArray();
        var encrypted = await client.EncryptAsync("app_t_a", plaintexts, default);
        Assert.All(encrypted, r => Assert.StartsWith("vault:v1:", r.Text, StringComparison.Ordinal));
        var decrypted = await client.DecryptAsync("app_t_a", [.. encrypted.Select(r => r.Text!)], default);
        Assert.Equal(plaintexts, decrypted.Select(r => r.Text));
        Assert.All(vault.Server.Requests, r => Assert.InRange(r.Items, 1, 7));
    }

    [Fact]
    public async Task Nothing_to_do_asks_nothing()
    {
        await using var vault = await VaultFixture.StartAsync();
        using var client = vault.Client();
        Assert.Empty(await client.DecryptAsync("k", [], default));
        Assert.Empty(vault.Server.Requests);
    }

    [Fact]
    public async Task Requests_stay_within_the_byte_limit()
    {
        await using var vault = await VaultFixture.StartAsync();
        using var client = vault.Client(o => o with { BatchBytes = 100_000 });
        var plaintexts = Enumerable.Range(0, 30).Select(_ => Convert.ToBase64String(new byte[30_000])).ToArray();
        await client.EncryptAsync("k", plaintexts, default);
        Assert.All(vault.Server.Requests, r => Assert.InRange(r.Bytes, 1, 101_000));
    }

    [Fact]
    public async Task A_value_longer_than_vault_takes_is_an_error_of_that_value_alone()
    {
        await using var vault = await VaultFixture.StartAsync();
        using var client = vault.Client();
        var results = await client.EncryptAsync(
            "k", ["AAAA", Convert.ToBase64String(new byte[TransitLimits.StringBytes]), "BBBB"], default);
        Assert.Equal([true, false, true], results.Select(r => r.Error is null));
    }

    [Fact]
    public async Task One_refused_value_does_not_spoil_its_batch()
    {
        await using var vault = await VaultFixture.StartAsync();
        using var client = vault.Client();
        var results = await client.DecryptAsync(
            "k", [vault.Server.Encrypt("k", "one"), vault.Server.Encrypt("other", "two"), vault.Server.Encrypt("k", "three")], default);
        Assert.Equal("one", Encoding.UTF8.GetString(Convert.FromBase64String(results[0].Text!)));
        Assert.NotNull(results[1].Error);
        Assert.Equal("three", Encoding.UTF8.GetString(Convert.FromBase64String(results[2].Text!)));
    }

    [Fact]
    public async Task Every_value_refused_gives_every_value_its_error()
    {
        await using var vault = await VaultFixture.StartAsync();
        vault.Server.Encrypt("k", "the key exists");
        using var client = vault.Client();
        var results = await client.DecryptAsync("k", ["vault:v1:AAAA", "vault:v9:AAAA"], default);
        Assert.All(results, r => Assert.NotNull(r.Error));
        Assert.Equal(["error", "error"], results.Select(r => r.ToString()[..5]));
    }

    [Theory]
    [InlineData("reversed", "out of order")]
    [InlineData("shortened", "sent 3 values and answered with 2")]
    [InlineData("null", "out of order")]
    public async Task An_answer_that_is_not_to_what_was_asked_is_not_believed(string change, string reason)
    {
        await using var vault = await VaultFixture.StartAsync();
        await using var between = await ChangingAnswersAsync(vault, change);
        using var client = vault.Client(options => options with { Address = between.Address });
        var failure = await Assert.ThrowsAsync<EngineException>(() => client.EncryptAsync("k", ["AAAA", "BBBB", "CCCC"], default));
        Assert.Equal(EngineError.Unavailable, failure.Error);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Vault_that_knows_no_references_is_believed()
    {
        await using var vault = await VaultFixture.StartAsync();
        await using var between = await ChangingAnswersAsync(vault, "without references");
        using var client = vault.Client(options => options with { Address = between.Address });
        Assert.All(await client.EncryptAsync("k", ["AAAA", "BBBB"], default), static result => Assert.Null(result.Error));
    }

    /// <summary>Stands before the server and changes what it answers.</summary>
    private static Task<HttpServer> ChangingAnswersAsync(VaultFixture vault, string change) => HttpServer.StartAsync(async context =>
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(vault.Server.Address, context.Request.Path.Value));
        request.Headers.Add("X-Vault-Token", vault.Server.Token);
        request.Content = new StreamContent(context.Request.Body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await http.SendAsync(request);
        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        var results = json["data"]!["batch_results"]!.AsArray().Select(static item => item!.DeepClone()).ToList<JsonNode?>();
        switch (change)
        {
            case "reversed":
                results.Reverse();
                break;
            case "shortened":
                results.RemoveAt(1);
                break;
            case "null":
                results[1] = null;
                break;
            default:
                results.ForEach(static item => item!.AsObject().Remove("reference"));
                break;
        }

        json["data"]!["batch_results"] = new JsonArray([.. results]);
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json.ToJsonString());
    });

    [Fact]
    public async Task An_old_key_version_still_decrypts()
    {
        await using var vault = await VaultFixture.StartAsync();
        var old = vault.Server.Encrypt("k", "text");
        vault.Server.Rotate("k");
        using var client = vault.Client();
        Assert.Null((await client.DecryptAsync("k", [old], default))[0].Error);
        Assert.StartsWith("vault:v2:", (await client.EncryptAsync("k", ["AAAA"], default))[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_key_is_named()
    {
        await using var vault = await VaultFixture.StartAsync();
        using var client = vault.Client();
        var failure = await Assert.ThrowsAsync<EngineException>(() => client.DecryptAsync("no_such_key", ["vault:v1:AAAA"], default));
        Assert.Equal(EngineError.Unavailable, failure.Error);
        Assert.Contains("no_such_key", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.PreconditionFailed)]
    [InlineData((HttpStatusCode)472)]
    [InlineData((HttpStatusCode)473)]
    [InlineData(HttpStatusCode.BadGateway)]
    public async Task A_busy_vault_is_asked_again(HttpStatusCode status)
    {
        await using var vault = await VaultFixture.StartAsync();
        vault.Server.FailNext(3, status);
        using var client = vault.Client();
        Assert.Null((await client.EncryptAsync("k", ["AAAA"], default))[0].Error);
        Assert.Equal(4, vault.Server.Requests.Count);
    }

    [Fact]
    public async Task Retries_are_bounded_in_number()
    {
        await using var vault = await VaultFixture.StartAsync();
        vault.Server.FailNext(100, HttpStatusCode.ServiceUnavailable);
        using var client = vault.Client(o => o with { Attempts = 3 });
        var failure = await Assert.ThrowsAsync<EngineException>(() => client.EncryptAsync("k", ["AAAA"], default));
        Assert.Equal(EngineError.Unavailable, failure.Error);
        Assert.Contains("503", failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, vault.Server.Requests.Count);
    }

    [Fact]
    public async Task A_longer_wait_than_the_time_for_retries_is_not_begun()
    {
        await using var vault = await VaultFixture.StartAsync();
        vault.Server.FailNext(100, HttpStatusCode.TooManyRequests, TimeSpan.FromMinutes(10));
        using var client = vault.Client();
        await Assert.ThrowsAsync<EngineException>(() => client.EncryptAsync("k", ["AAAA"], default));
        Assert.Single(vault.Server.Requests);
    }

    [Fact]
    public async Task A_sealed_vault_is_said_to_be_sealed()
    {
        await using var vault = await VaultFixture.StartAsync();
        vault.Server.Sealed = true;
        using var client = vault.Client(o => o with { Attempts = 2 });
        var check = await Assert.ThrowsAsync<EngineException>(() => client.CheckAsync(default));
        Assert.Contains("sealed", check.Message, StringComparison.Ordinal);
        var use = await Assert.ThrowsAsync<EngineException>(() => client.EncryptAsync("k", ["AAAA"], default));
        Assert.Contains("sealed", use.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_vault_that_does_not_answer_is_said_not_to()
    {
        using TransitClient client = new(
            new TransitOptions { Address = new Uri($"http://127.0.0.1:{FreePort.Next()}"), Token = "t", Attempts = 2 },
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.Equal(EngineError.Unavailable, (await Assert.ThrowsAsync<EngineException>(() => client.CheckAsync(default))).Error);
        Assert.Equal(EngineError.Unavailable, (await Assert.ThrowsAsync<EngineException>(() => client.EncryptAsync("k", ["AAAA"], default))).Error);
    }

    [Fact]
    public async Task A_refused_token_names_the_policy_path_and_is_not_shown()
    {
        await using var vault = await VaultFixture.StartAsync();
        var token = vault.Server.CreateToken();
        vault.Server.RevokeToken(token);
        using var client = vault.Client(o => o with { Token = token });
        var failure = await Assert.ThrowsAsync<EngineException>(() => client.DecryptAsync("k", ["vault:v1:c2VjcmV0"], default));
        Assert.Equal(EngineError.Unavailable, failure.Error);
        Assert.Contains("`update` on transit/decrypt/k", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(token, failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("refuses the token", (await Assert.ThrowsAsync<EngineException>(() => client.CheckAsync(default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_file_is_read_again_when_its_token_is_refused()
    {
        await using var vault = await VaultFixture.StartAsync();
        using TempFolder folder = new();
        var file = folder.Combine("token");
        var first = vault.Server.CreateToken();
        await File.WriteAllTextAsync(file, first + "\n");
        using var client = vault.Client(o => o with { Token = null, TokenFile = file });
        await client.CheckAsync(default);
        Assert.Null((await client.EncryptAsync("k", ["AAAA"], default))[0].Error);

        vault.Server.RevokeToken(first);
        await File.WriteAllTextAsync(file, vault.Server.CreateToken());
        Assert.Null((await client.EncryptAsync("k", ["AAAA"], default))[0].Error);
        await client.CheckAsync(default);
    }

    [Fact]
    public async Task A_missing_token_file_is_named()
    {
        await using var vault = await VaultFixture.StartAsync();
        using var client = vault.Client(o => o with { Token = null, TokenFile = "/nonexistent/token" });
        var failure = await Assert.ThrowsAsync<EngineException>(() => client.CheckAsync(default));
        Assert.Contains("/nonexistent/token", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_mount_is_named()
    {
        await using var vault = await VaultFixture.StartAsync();
        using var client = vault.Client(o => o with { Mount = "elsewhere" });
        var failure = await Assert.ThrowsAsync<EngineException>(() => client.EncryptAsync("k", ["AAAA", "BBBB"], default));
        Assert.Contains("elsewhere", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("a:b")]
    [InlineData("../sys/seal")]
    public async Task What_cannot_be_a_key_is_not_sent(string key)
    {
        await using var vault = await VaultFixture.StartAsync();
        using var client = vault.Client();
        Assert.Equal(EngineError.InvalidRequest, (await Assert.ThrowsAsync<EngineException>(() => client.EncryptAsync(key, ["AAAA"], default))).Error);
        Assert.Empty(vault.Server.Requests);
    }

    [Fact]
    public void Options_do_not_print_the_token()
    {
        TransitOptions options = new() { Address = new Uri("http://vault:8200"), Token = "hvs.secret" };
        Assert.DoesNotContain("secret", options.ToString(), StringComparison.Ordinal);
        Assert.Equal(EngineError.InvalidRequest, Assert.Throws<EngineException>((options with { TokenFile = "x" }).Check).Error);
        Assert.Equal(EngineError.InvalidRequest, Assert.Throws<EngineException>((options with { Token = null }).Check).Error);
        Assert.Equal(EngineError.InvalidRequest, Assert.Throws<EngineException>((options with { Address = new Uri("ftp://x") }).Check).Error);
    }
}

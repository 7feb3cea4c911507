using System.Net;
using System.Net.Http.Json;
using TfeBackup.TestSupport.Transit;
using Xunit;

namespace TfeBackup.TestSupport.Tests.Transit;

/// <summary>What only <see cref="TransitServer"/> does: limits that real servers have per version, and faults on demand.</summary>
public sealed class TransitServerTests : IAsyncLifetime
{
    private TransitServer _server = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _server = await TransitServer.StartAsync();
        _http = new HttpClient { BaseAddress = _server.Address };
        _http.DefaultRequestHeaders.Add("X-Vault-Token", _server.Token);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(TransitLimits.StringBytes, HttpStatusCode.OK)]
    [InlineData(TransitLimits.StringBytes + 4, HttpStatusCode.BadRequest)]
    public async Task A_string_may_have_1_MiB(int length, HttpStatusCode expected)
    {
        Assert.Equal(expected, await EncryptAsync(new { plaintext = new string('A', length) }));
    }

    [Theory]
    [InlineData(TransitLimits.ArrayElements, HttpStatusCode.OK)]
    [InlineData(TransitLimits.ArrayElements + 1, HttpStatusCode.BadRequest)]
    public async Task An_array_may_have_10_000_elements(int count, HttpStatusCode expected)
    {
        Assert.Equal(expected, await EncryptAsync(new { batch_input = Enumerable.Repeat(new { plaintext = "QQ==" }, count) }));
    }

    [Fact]
    public async Task While_sealed_it_serves_nothing_and_says_so()
    {
        _server.Sealed = true;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _http.GetAsync("/v1/sys/health")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await EncryptAsync(new { plaintext = "" }));

        _server.Sealed = false;
        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync("/v1/sys/health")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, await EncryptAsync(new { plaintext = "" }));
    }

    [Fact]
    public async Task Failures_come_as_often_as_asked_for()
    {
        _server.FailNext(2, HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1));

        using var first = await _http.PostAsJsonAsync("/v1/transit/encrypt/k", new { plaintext = "" });

        Assert.Equal(HttpStatusCode.TooManyRequests, first.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), first.Headers.RetryAfter?.Delta);
        Assert.Equal(HttpStatusCode.TooManyRequests, await EncryptAsync(new { plaintext = "" }));
        Assert.Equal(HttpStatusCode.OK, await EncryptAsync(new { plaintext = "" }));
    }

    [Fact]
    public async Task A_revoked_token_is_denied_and_others_are_not()
    {
        var token = _server.CreateToken();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/auth/token/lookup-self") { Headers = { { "Authorization", $"Bearer {token}" } } };
        using var http = new HttpClient { BaseAddress = _server.Address };
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(request)).StatusCode);

        _server.RevokeToken(token);

        using var again = new HttpRequestMessage(HttpMethod.Get, "/v1/auth/token/lookup-self") { Headers = { { "Authorization", $"Bearer {token}" } } };
        Assert.Equal(HttpStatusCode.Forbidden, (await http.SendAsync(again)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync("/v1/auth/token/lookup-self")).StatusCode);
    }

    [Fact]
    public async Task What_a_test_encrypts_directly_is_what_a_client_decrypts_and_requests_are_on_record()
    {
        var ciphertext = _server.Encrypt("k", "secret");

        using var answer = await _http.PostAsJsonAsync("/v1/transit/decrypt/k", new { batch_input = new[] { new { ciphertext }, new { ciphertext } } });

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("secret"u8, _server.Decrypt("k", ciphertext));
        var request = Assert.Single(_server.Requests);
        Assert.Equal(("/v1/transit/decrypt/k", 2, 200), (request.Path, request.Items, request.Status));
        Assert.Throws<InvalidOperationException>(() => _server.Decrypt("other", ciphertext));
    }

    private async Task<HttpStatusCode> EncryptAsync(object body)
    {
        using var answer = await _http.PostAsJsonAsync("/v1/transit/encrypt/k", body);
        return answer.StatusCode;
    }
}

using System.Net;
using Azure.Core;
using Microsoft.Extensions.Time.Testing;
using TfeBackup.Azure.Secrets;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport.KeyVault;
using TfeBackup.TestSupport.Secrets;
using Xunit;

namespace TfeBackup.Azure.Tests.Secrets;

public sealed class KeyVaultSecretSourceTests : SecretSourceConformance, IAsyncLifetime
{
    private static readonly SecretReference Password = new("production-password");

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private KeyVaultServer _vault = null!;

    protected override bool KnowsVersions => true;

    public async Task InitializeAsync() => _vault = await KeyVaultServer.StartAsync();

    public async Task DisposeAsync() => await _vault.DisposeAsync();

    [Fact]
    public async Task A_rotated_secret_is_had_in_the_version_that_was_asked_for()
    {
        var first = _vault.Set(Password.Name, "old-9Xw2");
        var source = Connect();
        var before = await source.GetAsync(Password, default);
        var second = _vault.Set(Password.Name, "new-9Xw2");

        var after = await source.GetAsync(Password, default);
        var again = await source.GetAsync(before.Reference, default);

        Assert.Equal((first, "old-9Xw2"), (before.Reference.Version, before.Reveal()));
        Assert.Equal((second, "new-9Xw2"), (after.Reference.Version, after.Reveal()));
        Assert.Equal((first, "old-9Xw2"), (again.Reference.Version, again.Reveal()));
    }

    [Fact]
    public async Task It_answers_the_vaults_challenge_once_and_then_asks_directly()
    {
        _vault.Set(Password.Name, "x");
        var source = Connect();
        await source.GetAsync(Password, default);
        await source.GetAsync(Password, default);

        Assert.Equal(
            ["GET /secrets/production-password 401", "GET /secrets/production-password 200", "GET /secrets/production-password 200"],
            _vault.Requests);
    }

    [Fact]
    public async Task A_token_that_the_vault_does_not_take_is_refused_and_the_next_client_asks_for_another()
    {
        _vault.Set(Password.Name, "x");
        var source = Connect();
        await source.GetAsync(Password, default);
        _vault.RevokeTokens();

        await AssertThrowsAsync(OperationError.Refused, source, Password, "401");
        Assert.Equal("x", (await Connect().GetAsync(Password, default)).Reveal());
    }

    [Fact]
    public async Task The_date_of_expiry_comes_with_the_value()
    {
        var expires = new DateTimeOffset(2040, 1, 2, 3, 4, 5, TimeSpan.Zero);
        _vault.Set(Password.Name, "x", expires);
        _vault.Set("token", "x");

        Assert.Equal(expires, (await Connect().GetAsync(Password, default)).ExpiresOn);
        Assert.Null((await Connect().GetAsync(new SecretReference("token"), default)).ExpiresOn);
    }

    [Fact]
    public async Task An_expired_secret_is_refused_as_the_current_one_and_had_for_the_backups_it_was_used_for()
    {
        var version = _vault.Set(Password.Name, "old-9Xw2", _time.GetUtcNow().AddDays(1));
        var source = Connect();
        Assert.Equal("old-9Xw2", (await source.GetAsync(Password, default)).Reveal());
        _time.Advance(TimeSpan.FromDays(2));

        await AssertThrowsAsync(OperationError.Refused, source, Password, "expired on");
        Assert.Equal("old-9Xw2", (await source.GetAsync(Password with { Version = version }, default)).Reveal());
    }

    [Fact]
    public async Task A_secret_that_is_not_valid_yet_is_refused()
    {
        _vault.Set(Password.Name, "9Xw2", notBefore: _time.GetUtcNow().AddDays(1));

        await AssertThrowsAsync(OperationError.Refused, Connect(), Password, "not valid before");
    }

    [Fact]
    public async Task A_disabled_version_is_refused_and_the_others_are_not()
    {
        var first = _vault.Set(Password.Name, "old-9Xw2");
        var second = _vault.Set(Password.Name, "new-9Xw2");
        _vault.Enable(Password.Name, first, enabled: false);

        await AssertThrowsAsync(
            OperationError.Refused, Connect(), Password with { Version = first }, $"set-attributes --id https://{_vault.VaultUri.Host}/secrets/production-password/{first} --enabled true");
        Assert.Equal(second, (await Connect().GetAsync(Password, default)).Reference.Version);
    }

    [Fact]
    public async Task A_deleted_secret_is_told_from_one_that_never_was()
    {
        var version = _vault.Set(Password.Name, "9Xw2");
        _vault.Delete(Password.Name);

        await AssertThrowsAsync(OperationError.NotFound, Connect(), Password, "az keyvault secret recover");
        await AssertThrowsAsync(OperationError.NotFound, Connect(), Password with { Version = version }, "was deleted on");

        _vault.Purge(Password.Name);
        await AssertThrowsAsync(OperationError.NotFound, Connect(), Password, "There is no secret 'production-password'");
    }

    [Theory]
    [InlineData("ForbiddenByRbac", "Key Vault Secrets User")]
    [InlineData("AccessDenied", "Key Vault Secrets User")]
    [InlineData("ForbiddenByFirewall", "firewall")]
    [InlineData("ForbiddenByConnection", "private endpoint")]
    public async Task A_refusal_says_whose_it_is(string code, string hint)
    {
        _vault.Set(Password.Name, "9Xw2");
        _vault.Forbidden = code;

        await AssertThrowsAsync(OperationError.Refused, Connect(), Password, code);
        await AssertThrowsAsync(OperationError.Refused, Connect(), Password, hint);
    }

    [Fact]
    public async Task Throttling_is_waited_out()
    {
        _vault.Set(Password.Name, "x");
        _vault.FailNext(2, HttpStatusCode.TooManyRequests, "Throttled", TimeSpan.FromSeconds(1));
        var started = TimeProvider.System.GetTimestamp();

        Assert.Equal("x", (await Connect().GetAsync(Password, default)).Reveal());

        // What the vault asked for, not what the client would have waited.
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, "Throttled", "throttling")]
    [InlineData(HttpStatusCode.InternalServerError, "InternalServerError", "failing")]
    [InlineData(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable", "failing")]
    public async Task What_does_not_pass_is_unavailable(HttpStatusCode status, string code, string hint)
    {
        _vault.Set(Password.Name, "9Xw2");
        _vault.FailNext(10, status, code);

        await AssertThrowsAsync(OperationError.Unavailable, Connect(), Password, $"{(int)status} {code}");
        await AssertThrowsAsync(OperationError.Unavailable, Connect(), Password, hint);
    }

    [Fact]
    public async Task A_vault_that_is_not_there_is_unavailable()
    {
        var options = CreateOptions();
        var source = new KeyVaultSecretSource(new Uri("https://other.vault.test"), _vault.Credential, options);

        await AssertThrowsAsync(OperationError.Unavailable, source, Password, "Secrets:VaultUri");
    }

    [Fact]
    public async Task A_challenge_for_another_services_token_is_not_answered()
    {
        _vault.Set(Password.Name, "9Xw2");
        _vault.ChallengedResource = "https://management.azure.com";

        await AssertThrowsAsync(OperationError.InvalidConfiguration, Connect(), Password, "Secrets:VaultUri");
        Assert.All(_vault.Requests, request => Assert.EndsWith("401", request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_credential_the_message_says_which_ones_there_are()
    {
        var source = new KeyVaultSecretSource(_vault.VaultUri, new NoCredential(), CreateOptions());

        await AssertThrowsAsync(OperationError.Refused, source, Password, "AZURE_CLIENT_ID");
    }

    [Theory]
    [InlineData("production_password")]
    [InlineData("a/b")]
    [InlineData("../keys/x")]
    [InlineData("a?api-version=1")]
    public async Task A_name_no_vault_can_have_is_refused_before_it_is_asked(string name)
    {
        await AssertThrowsAsync(OperationError.InvalidConfiguration, Connect(), new SecretReference(name), name);

        Assert.Empty(_vault.Requests);
    }

    [Fact]
    public async Task A_caller_that_gives_up_sees_that_and_nothing_else()
    {
        _vault.FailNext(1, HttpStatusCode.TooManyRequests, "Throttled", TimeSpan.FromMinutes(5));
        using var cancellation = new CancellationTokenSource();
        var asking = Connect().GetAsync(Password, cancellation.Token);
        await TestSupport.WaitFor.ConditionAsync(
            () => _vault.Requests.Count == 2, "the vault to have throttled", TimeSpan.FromSeconds(30));
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    protected override Task<ISecretSource> CreateAsync(IReadOnlyDictionary<string, string> secrets)
    {
        foreach (var (name, value) in secrets)
        {
            _vault.Set(name, value);
        }

        return Task.FromResult<ISecretSource>(Connect());
    }

    private KeyVaultSecretSource Connect() => new(_vault.VaultUri, _vault.Credential, CreateOptions(), _time);

    private global::Azure.Security.KeyVault.Secrets.SecretClientOptions CreateOptions()
    {
        var options = KeyVaultSecretSource.CreateOptions();
        options.Transport = _vault.CreateTransport();
        options.Retry.MaxRetries = 3;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(5);
        return options;
    }

    private sealed class NoCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new global::Azure.Identity.CredentialUnavailableException("There is none.");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}

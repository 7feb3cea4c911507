using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Engine.Vault;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Tls;
using TfeBackup.TestSupport.Transit;
using Xunit;

namespace TfeBackup.Engine.Tests.Vault;

/// <summary>How a client stays admitted for days: tokens that end, logins, namespaces, and the authority of Vault's certificate.</summary>
public sealed class VaultTokenTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_periodic_token_is_renewed_again_and_again_without_anybody_asking_for_anything()
    {
        await using var vault = await VaultFixture.StartAsync();
        var token = vault.Server.CreateToken(TimeSpan.FromSeconds(6));
        using var client = vault.Client(o => o with { Token = token });
        client.KeepTokenAlive();

        await WaitFor.ConditionAsync(() => vault.Server.Renewals >= 3, "three renewals", Deadline);

        Assert.Null((await client.EncryptAsync("k", ["AAAA"], default))[0].Error);
        await client.CheckAsync(default);
        Assert.True(client.TokenLife is { Renewable: true, Expires: not null });
    }

    [Fact]
    public async Task A_token_that_ends_says_when()
    {
        await using var vault = await VaultFixture.StartAsync();
        var token = vault.Server.CreateToken(TimeSpan.FromHours(1), renewable: false);
        using var client = vault.Client(o => o with { Token = token });

        await client.CheckAsync(default);

        Assert.False(client.TokenLife!.Renewable);
        Assert.InRange(client.TokenLife.Expires!.Value, DateTimeOffset.UtcNow.AddMinutes(55), DateTimeOffset.UtcNow.AddMinutes(61));
    }

    [Fact]
    public async Task An_AppRole_logs_in_and_logs_in_again_when_renewals_end()
    {
        await using var vault = await VaultFixture.StartAsync();
        var (role, secret) = vault.Server.CreateRole(TimeSpan.FromSeconds(2), maxTtl: TimeSpan.FromSeconds(4));
        using var client = vault.Client(o => o with { Token = null, RoleId = role, SecretId = secret });
        client.KeepTokenAlive();

        await WaitFor.ConditionAsync(() => vault.Server.Renewals >= 1 && vault.Server.Logins >= 3, "renewals and logins", Deadline);

        Assert.Null((await client.EncryptAsync("k", ["AAAA"], default))[0].Error);
    }

    [Fact]
    public async Task An_AppRole_token_that_is_refused_in_the_middle_is_replaced_by_another_login()
    {
        await using var vault = await VaultFixture.StartAsync();
        using TempFolder folder = new();
        var (role, secret) = vault.Server.CreateRole(TimeSpan.FromSeconds(1), maxTtl: TimeSpan.FromSeconds(1));
        await File.WriteAllTextAsync(folder.Combine("secret"), secret + "\n");
        using var client = vault.Client(o => o with { Token = null, RoleId = role, SecretIdFile = folder.Combine("secret") });
        await client.CheckAsync(default);

        await WaitFor.ConditionAsync(() => client.TokenLife!.Expires < DateTimeOffset.UtcNow, "the token's end", Deadline);

        Assert.Null((await client.EncryptAsync("k", ["AAAA"], default))[0].Error);
        Assert.Equal(2, vault.Server.Logins);
    }

    [Fact]
    public async Task A_refused_login_names_the_settings_and_not_the_secret_id()
    {
        await using var vault = await VaultFixture.StartAsync();
        var (role, _) = vault.Server.CreateRole(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
        using var client = vault.Client(o => o with { Token = null, RoleId = role, SecretId = "no-such-secret" });

        var failure = await Assert.ThrowsAsync<EngineException>(() => client.CheckAsync(default));

        Assert.Contains("auth/approle/login refuses the login with Vault:RoleId", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("no-such-secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_call_names_the_namespace()
    {
        await using var vault = await VaultFixture.StartAsync();
        vault.Server.Namespace = "admin/tfe";
        using var client = vault.Client(o => o with { Namespace = "admin/tfe" });
        using var without = vault.Client();

        await client.CheckAsync(default);
        Assert.Null((await client.EncryptAsync("k", ["AAAA"], default))[0].Error);

        var failure = await Assert.ThrowsAsync<EngineException>(() => without.CheckAsync(default));
        Assert.Contains("Vault:Namespace", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_with_the_token()
    {
        await using var standby = await VaultFixture.StartAsync();
        await using var elsewhere = await TransitServer.StartAsync();
        standby.Server.RedirectTo = elsewhere.Address;
        using var client = standby.Client();

        var check = await Assert.ThrowsAsync<EngineException>(() => client.CheckAsync(default));
        var use = await Assert.ThrowsAsync<EngineException>(() => client.EncryptAsync("k", ["AAAA"], default));

        Assert.All([check, use], failure => Assert.Contains($"is redirected to {elsewhere.Address.GetLeftPart(UriPartial.Authority)}", failure.Message, StringComparison.Ordinal));
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_names_the_setting_and_is_accepted_with_it()
    {
        using TempFolder folder = new();
        using var name = new TlsName("127.0.0.1");
        name.WriteAuthority(folder.Combine("ca.pem"));
        await using var server = await TransitServer.StartAsync(name);
        using var without = Client(server, caFile: null);
        using var with = Client(server, folder.Combine("ca.pem"));

        var failure = await Assert.ThrowsAsync<EngineException>(() => without.CheckAsync(default));
        Assert.Contains("the certificate's authority is not trusted here", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Vault:CaFile", failure.Message, StringComparison.Ordinal);
        await with.CheckAsync(default);
        Assert.Null((await with.EncryptAsync("k", ["AAAA"], default))[0].Error);
    }

    [Fact]
    public async Task A_certificate_for_another_name_says_so()
    {
        using TempFolder folder = new();
        using var name = new TlsName("vault.test");
        name.WriteAuthority(folder.Combine("ca.pem"));
        await using var server = await TransitServer.StartAsync(name);
        using var client = Client(server, folder.Combine("ca.pem"));

        var failure = await Assert.ThrowsAsync<EngineException>(() => client.CheckAsync(default));

        Assert.Contains("the certificate is for a different name", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_speak_TLS_says_so_and_one_that_does_asks_for_https()
    {
        await using var vault = await VaultFixture.StartAsync();
        using var client = vault.Client(o => o with { Address = new Uri($"https://127.0.0.1:{o.Address.Port}"), Attempts = 1 });

        var failure = await Assert.ThrowsAsync<EngineException>(() => client.CheckAsync(default));

        Assert.Contains("does not speak TLS; correct the scheme, host or port in Vault:Address", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_certificate_is_named()
    {
        using TempFolder folder = new();
        await File.WriteAllTextAsync(folder.Combine("ca.pem"), "nothing of the kind");
        await using var vault = await VaultFixture.StartAsync();

        var failure = Assert.Throws<EngineException>(() => vault.Client(o => o with { CaFile = folder.Combine("ca.pem") }));

        Assert.Equal(EngineError.InvalidRequest, failure.Error);
        Assert.Contains("contains no certificate", failure.Message, StringComparison.Ordinal);
    }

    private static TransitClient Client(TransitServer server, string? caFile) => new(
        new TransitOptions { Address = new Uri($"https://127.0.0.1:{server.Address.Port}"), Token = server.Token, CaFile = caFile, Attempts = 1 },
        TimeProvider.System,
        NullLogger.Instance);
}

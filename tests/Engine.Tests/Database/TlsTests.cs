using System.Security.Cryptography.X509Certificates;
using Npgsql;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Postgres;
using TfeBackup.TestSupport.Tls;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>PostgreSQL by TLS: what fails names its cause and the keyword of the connection string that mends it.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task A_certificate_that_is_not_accepted_names_why_and_the_setting()
    {
        using TempFolder folder = new();
        using var right = new TlsName("127.0.0.1");
        await using var server = await StartAsync(right, folder);
        await using var database = await server.CreateDatabaseAsync("tls");
        right.WriteAuthority(folder.Combine("ca.pem"));

        await using (await AcquireAsync(database, $"SSL Mode=VerifyFull;Root Certificate={folder.Combine("ca.pem")}"))
        {
            // As it should be.
        }

        var unknown = await Assert.ThrowsAsync<EngineException>(() => AcquireAsync(database, "SSL Mode=VerifyFull"));
        Assert.Matches("the certificate('s authority is not trusted here| was refused)", unknown.Message);
        Assert.Contains("'Root Certificate' in Postgres", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_another_name_and_a_server_without_TLS_say_so()
    {
        using TempFolder folder = new();
        using var wrong = new TlsName("db.test");
        await using var server = await StartAsync(wrong, folder);
        await using var database = await server.CreateDatabaseAsync("tls");
        wrong.WriteAuthority(folder.Combine("ca.pem"));

        var name = await Assert.ThrowsAsync<EngineException>(
            () => AcquireAsync(database, $"SSL Mode=VerifyFull;Root Certificate={folder.Combine("ca.pem")}"));
        Assert.Matches("the certificate .*(for a different name|not for the name in).* Host in Postgres", name.Message);

        await using var plain = await (await PostgresServer.SharedAsync(PostgresBinaries.Newest)).CreateDatabaseAsync("plain");
        var none = await Assert.ThrowsAsync<EngineException>(() => AcquireAsync(plain, "SSL Mode=Require"));
        Assert.Contains("it does not speak TLS", none.Message, StringComparison.Ordinal);
    }

    private static async Task<InstallationLock> AcquireAsync(PostgresDatabase database, string further)
    {
        await using var source = NpgsqlDataSource.Create($"{database.ConnectionString};{further}");
        return await InstallationLock.AcquireSharedAsync(source, default);
    }

    private static async Task<PostgresServer> StartAsync(TlsName name, TempFolder folder)
    {
        name.WriteAuthority(folder.Combine("server.pem"));
        await File.WriteAllTextAsync(folder.Combine("server.key"), name.Certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder.Combine("server.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return await PostgresServer.StartAsync(PostgresBinaries.Newest, new Dictionary<string, string>
        {
            ["ssl"] = "on",
            ["ssl_cert_file"] = $"'{folder.Combine("server.pem")}'",
            ["ssl_key_file"] = $"'{folder.Combine("server.key")}'",
        });
    }
}

using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Npgsql;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests;

/// <summary>A managed identity's token in place of the database password, from an identity endpoint as Azure's hosts have it.</summary>
public sealed class EntraTests
{
    [Fact]
    public async Task A_managed_identitys_token_is_the_password()
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        await using var identity = await IdentityAsync(new NpgsqlConnectionStringBuilder(installation.Database.ConnectionString).Password!);
        await using var service = await StartAsync(installation, identity, "SSL Mode=Disable");

        using var health = await service.HealthAsync();
        await BackupService.RequireAsync(health, HttpStatusCode.OK);
        Assert.NotEmpty(await service.BackupAsync());
    }

    [Fact]
    public async Task A_token_does_not_go_over_a_connection_that_anybody_can_read()
    {
        await using var installation = await TestInstallation.CreateAsync();
        await using var identity = await IdentityAsync(new NpgsqlConnectionStringBuilder(installation.Database.ConnectionString).Password!);
        await using var service = await StartAsync(installation, identity, "");

        Assert.Contains("it does not speak TLS, and 'SSL Mode' in Postgres, or PostgresEntra, requires it", await DatabaseAsync(service), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_identity_that_gives_no_token_is_named_as_the_reason()
    {
        await using var installation = await TestInstallation.CreateAsync();
        await using var identity = await IdentityAsync(token: null);
        await using var service = await StartAsync(installation, identity, "SSL Mode=Disable");

        Assert.Contains("there is no Entra ID token for it (PostgresEntra)", await DatabaseAsync(service), StringComparison.Ordinal);
    }

    private static async Task<string> DatabaseAsync(BackupService service)
    {
        using var answer = await service.BackupAsync(BackupService.Document(BackupService.Password));
        await BackupService.RequireAsync(answer, HttpStatusCode.InternalServerError);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return problem.RootElement.GetProperty("detail").GetString()!;
    }

    private static Task<BackupService> StartAsync(TestInstallation installation, WebApplication identity, string further)
    {
        var postgres = new NpgsqlConnectionStringBuilder(installation.Database.ConnectionString) { Password = null };
        return BackupService.StartAsync(
            installation,
            ("Installation:Postgres", $"{postgres.ConnectionString};{further}"),
            ("Installation:PostgresEntra", "true"),
            ("IDENTITY_ENDPOINT", $"{identity.Urls.Single()}/msi/token"),
            ("IDENTITY_HEADER", "header"));
    }

    /// <summary>The identity endpoint of App Service and Container Apps.</summary>
    private static async Task<WebApplication> IdentityAsync(string? token)
    {
        var app = WebApplication.CreateSlimBuilder().Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/msi/token", (string resource) => token is null
            ? Results.BadRequest()
            : Results.Json(new
            {
                access_token = resource == "https://ossrdbms-aad.database.windows.net" ? token : "",
                expires_on = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture),
                resource,
                token_type = "Bearer",
            }));
        await app.StartAsync();
        return app;
    }
}

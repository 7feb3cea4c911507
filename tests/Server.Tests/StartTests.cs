using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Processes;
using TfeBackup.TestSupport.Transit;

namespace TfeBackup.Server.Tests;

public sealed class StartTests
{
    [Theory]
    [InlineData("Installation:Name", "", "Installation:Name")]
    [InlineData("Installation:Postgres", "postgres://user@host/tfe", "Installation:Postgres")]
    [InlineData("Installation:ObjectStore:Kind", "S3", "Installation:ObjectStore:Kind")]
    [InlineData("Installation:ObjectStore:Path", "/no/such/folder", "Installation:ObjectStore:Path")]
    [InlineData("Installation:ObjectStore:Encrypted", "perhaps", "Installation:ObjectStore:Encrypted")]
    [InlineData("Installation:ObjectStore:Pfad", "x", "Installation:ObjectStore:Pfad")]
    [InlineData("Installation:Token", "0123456789abcdef", "Installation:Token or Installation:TokenFile")]
    [InlineData("Installation:Vault:Address", "vault.example", "Installation:Vault:Address")]
    [InlineData("Installation:Vault:Token", "", "Installation:Vault:Token or Installation:Vault:TokenFile")]
    [InlineData("Installation:Vault:App", "", "Installation:Vault:App")]
    [InlineData("Installation:Vault:Columns:variables", "key", "Installation:Vault:Columns")]
    [InlineData("Installation:Vault:RoleId", "role", "Installation:Vault:Token or Installation:Vault:TokenFile or Installation:Vault:RoleId: found 2; expected exactly one")]
    [InlineData("Installation:Vault:SecretId", "secret", "Installation:Vault:SecretId is not allowed without RoleId")]
    [InlineData("Installation:Vault:CaFile", "/no/such/file", "Installation:Vault:CaFile")]
    [InlineData("Installation:PostgresEntra", "true", "Installation:Postgres: expected a connection string without a password")]
    [InlineData("Installation:IdleLimit", "5", "Installation:IdleLimit: found '5'; expected a time")]
    [InlineData("Installation:WorkFactor", "9", "Installation:WorkFactor: found '9'; expected a whole number from 10 to 22")]
    [InlineData("Installation:WorkFactor", "21", "Installation:WorkFactor: found '21'; expected at most that of MaxWorkFactor")]
    [InlineData("Installation:MaxWorkFactor", "23", "Installation:MaxWorkFactor: found '23'; expected a whole number from 10 to 22")]
    [InlineData("Installation:BusyStatus", "500", "Installation:BusyStatus: found '500'; expected 409 or 503")]
    [InlineData("Installation:OperationsAtOnce", "0", "Installation:OperationsAtOnce")]
    [InlineData("Urls", "https://127.0.0.1:0", "Kestrel:Certificates:Default:Path")]
    [InlineData("Urls", "somewhere", "Urls: 'somewhere' is not an address to listen on")]
    [InlineData("Urls", "http://192.0.2.1:80", "Urls: 'http://192.0.2.1:80' cannot be bound")]
    [InlineData("Installation:Application:Kind", "Docker", "Installation:Application:Kind: found 'Docker'; expected Command or Replicated or")]
    [InlineData("Installation:Application:Kind", "Systemd", "Installation:Application:Unit")]
    public async Task A_wrong_setting_stops_the_start_with_its_name(string setting, string value, string named)
    {
        await using var installation = await TestInstallation.CreateAsync();
        await using var process = await AppProcess.LaunchAsync(BackupService.Assembly, installation.Settings((setting, value)));

        Assert.Equal(2, await process.Exited.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains(named, process.ReadLog(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", process.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_configured_has_32_characters()
    {
        await using var installation = await TestInstallation.CreateAsync();
        var settings = installation.Settings(("Installation:Token", new string('t', 31))).ToDictionary();
        settings.Remove("Installation:TokenFile");
        await using var process = await AppProcess.LaunchAsync(BackupService.Assembly, settings);

        Assert.Equal(2, await process.Exited.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("Installation:Token: expected at least 32 printable ASCII characters", process.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_can_restore_its_own_backups()
    {
        await using var installation = await TestInstallation.CreateAsync();
        var settings = installation.Settings(("Installation:MaxWorkFactor", "17")).ToDictionary();
        settings.Remove(TestInstallation.DefaultWorkFactor.Key);
        await using var process = await AppProcess.LaunchAsync(BackupService.Assembly, settings);

        Assert.Equal(2, await process.Exited.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("Installation:MaxWorkFactor: found '17'; expected at least that of WorkFactor", process.ReadLog(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Urls")]
    [InlineData("Dashboard:Urls")]
    public async Task A_development_certificate_is_no_certificate(string setting)
    {
        using var home = new TempFolder();
        using (var tool = Process.Start(new ProcessStartInfo("dotnet", ["dev-certs", "https"]) { Environment = { ["HOME"] = home.Root } })!)
        {
            await tool.WaitForExitAsync();
            Assert.Equal(0, tool.ExitCode);
        }

        await using var installation = await TestInstallation.CreateAsync();
        var settings = installation.Settings((setting, "https://127.0.0.1:0")).ToDictionary();
        settings["HOME"] = home.Root;
        await using var process = await AppProcess.LaunchAsync(BackupService.Assembly, settings);

        Assert.Equal(2, await process.Exited.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains($"{setting}: 'https://127.0.0.1:0' has an https address, but there is no certificate for it", process.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_used_and_a_port_that_is_taken_name_the_setting()
    {
        await using var installation = await TestInstallation.CreateAsync();
        await using var service = await BackupService.StartAsync(installation);
        await using var second = await AppProcess.LaunchAsync(
            BackupService.Assembly, installation.Settings(("Urls", service.Process.Address.GetLeftPart(UriPartial.Authority))));
        await using var third = await AppProcess.LaunchAsync(
            BackupService.Assembly, installation.Settings(("Urls", "https://127.0.0.1:0"), ("Kestrel:Certificates:Default:Path", "/no/such/file.pem")));

        Assert.Equal(2, await second.Exited.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("is in use by another program", second.ReadLog(), StringComparison.Ordinal);
        Assert.Equal(2, await third.Exited.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("Kestrel:Certificates:Default: the certificate '/no/such/file.pem'", third.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_tells_who_has_the_token_how_long_Vaults_is_good_for()
    {
        await using var installation = await TestInstallation.CreateAsync();
        var token = installation.Vault.CreateToken(TimeSpan.FromMinutes(10), renewable: false);
        await using var service = await BackupService.StartAsync(installation, ("Installation:Vault:Token", token));

        using var health = await service.HealthAsync();
        using var report = JsonDocument.Parse(await health.Content.ReadAsStringAsync());
        var vault = report.RootElement.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "vault");

        Assert.Equal("ok", vault.GetProperty("status").GetString());
        Assert.StartsWith("The Vault token has 0.00:", vault.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("and cannot be renewed.", vault.GetProperty("detail").GetString(), StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = service.Process.Address };
        Assert.DoesNotContain("detail", await http.GetStringAsync(new Uri("/_backup/api/v1/health", UriKind.Relative)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_tells_a_caller_whose_token_is_refused_and_the_room_for_objects()
    {
        await using var installation = await TestInstallation.CreateAsync();
        await using var service = await BackupService.StartAsync(installation);
        var path = new Uri("/_backup/api/v1/health", UriKind.Relative);
        using var known = await service.HealthAsync();
        using var http = new HttpClient { BaseAddress = service.Process.Address };
        var nobody = await http.GetStringAsync(path);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "another token of a good length, but wrong");
        var stranger = await http.GetStringAsync(path);

        using var report = JsonDocument.Parse(await known.Content.ReadAsStringAsync());
        Assert.True(report.RootElement.GetProperty("freeBytes").GetInt64() > 0);
        Assert.True(report.RootElement.GetProperty("spoolFreeBytes").GetInt64() > 0);
        Assert.False(report.RootElement.TryGetProperty("token", out _));
        Assert.DoesNotContain("token", nobody, StringComparison.Ordinal);
        Assert.Contains("\"refused\"", stranger, StringComparison.Ordinal);
        Assert.DoesNotContain("freeBytes", stranger + nobody, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_absent_token_file_is_made_for_its_owner_only_and_kept()
    {
        await using var installation = await TestInstallation.CreateAsync();
        string token;
        await using (var service = await BackupService.StartAsync(installation))
        {
            token = service.Token;
        }

        Assert.Equal(43, token.Length);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(installation.TokenFile) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        await using var again = await BackupService.StartAsync(installation);
        Assert.Equal(token, again.Token);
    }

    [Fact]
    public async Task Health_says_which_part_does_not_answer()
    {
        await using var installation = await TestInstallation.CreateAsync();
        await using var service = await BackupService.StartAsync(installation);
        using (var healthy = await service.HealthAsync())
        {
            await BackupService.RequireAsync(healthy, HttpStatusCode.OK);
        }

        installation.Vault.Sealed = true;
        Directory.Delete(installation.ObjectFolder);

        await TestSupport.WaitFor.ConditionAsync(
            async () =>
            {
                using var sick = await service.HealthAsync();
                using var report = JsonDocument.Parse(await sick.Content.ReadAsStringAsync());
                var states = report.RootElement.GetProperty("checks").EnumerateArray()
                    .ToDictionary(check => check.GetProperty("name").GetString()!, check => check.GetProperty("status").GetString());
                return sick.StatusCode == HttpStatusCode.ServiceUnavailable && states["database"] == "ok" && states["vault"] == "failed" && states["objectStore"] == "failed";
            },
            "health to notice",
            TimeSpan.FromSeconds(40));

        // Reasons are only for those who may read the data anyway.
        using var http = new HttpClient { BaseAddress = service.Process.Address };
        var answer = await http.GetAsync(new Uri("/_backup/api/v1/health", UriKind.Relative));
        Assert.DoesNotContain("detail", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_tells_who_has_the_token_what_a_restore_would_replace()
    {
        await using var installation = await TestInstallation.CreateAsync();
        await using var service = await BackupService.StartAsync(installation);

        Assert.Equal("empty", await ContentAsync(service));
        await installation.PutObjectAsync("one", [1]);
        await WaitForContentAsync(service, "objects");
        await installation.PutRowsAsync(2_000);
        await WaitForContentAsync(service, "data");

        // While a restore has the tables, health still answers, and does not say.
        await using (var connection = await installation.Database.DataSource.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "LOCK TABLE audit_2025";
            await command.ExecuteNonQueryAsync();
            await WaitForContentAsync(service, null);
        }

        using var http = new HttpClient { BaseAddress = service.Process.Address };
        var anonymous = await http.GetStringAsync(new Uri("/_backup/api/v1/health", UriKind.Relative));
        Assert.DoesNotContain("content", anonymous, StringComparison.Ordinal);
        Assert.DoesNotContain("productVersion", anonymous, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Vault_that_refuses_a_key_or_is_another_s_is_told_before_the_first_byte()
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        await using var service = await BackupService.StartAsync(installation);
        installation.Vault.Forbidden = "/v1/transit/decrypt/tfe_variables_value";
        using var refused = await service.BackupAsync(BackupService.Document(BackupService.Password));
        await BackupService.RequireAsync(refused, HttpStatusCode.InternalServerError, "transit/decrypt/tfe_variables_value");

        installation.Vault.Forbidden = null;
        await using var another = await TransitServer.StartAsync();
        await installation.Database.ExecuteAsync($"UPDATE variables SET value_encrypted = '{another.Encrypt("tfe_variables_value", "x")}'");
        using var undecipherable = await service.BackupAsync(BackupService.Document(BackupService.Password));
        await BackupService.RequireAsync(undecipherable, HttpStatusCode.InternalServerError, "public.variables.value_encrypted");
    }

    [Fact]
    public async Task A_backup_that_cannot_start_says_why_before_its_first_byte()
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        await using var service = await BackupService.StartAsync(installation);
        Directory.Delete(installation.ObjectFolder, recursive: true);

        using var answer = await service.BackupAsync(BackupService.Document(BackupService.Password));

        await BackupService.RequireAsync(answer, HttpStatusCode.InternalServerError, installation.ObjectFolder);
    }

    private static Task WaitForContentAsync(BackupService service, string? expected) => TestSupport.WaitFor.ConditionAsync(
        async () => await ContentAsync(service) == expected, $"health to say {expected ?? "nothing"}", TimeSpan.FromSeconds(40));

    private static async Task<string?> ContentAsync(BackupService service)
    {
        using var health = await service.HealthAsync();
        await BackupService.RequireAsync(health, HttpStatusCode.OK);
        using var report = JsonDocument.Parse(await health.Content.ReadAsStringAsync());
        Assert.False(string.IsNullOrEmpty(report.RootElement.GetProperty("productVersion").GetString()));
        return report.RootElement.TryGetProperty("content", out var content) ? content.GetString() : null;
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Npgsql;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Cli.Tests;

/// <summary>A set-up that is broken in one way.</summary>
/// <param name="Name">What is broken.</param>
/// <param name="Subject">What doctor must name.</param>
/// <param name="Detail">Part of what it must have seen.</param>
/// <param name="Remedy">Part of what it must advise.</param>
/// <param name="Break">Breaks a set-up that works; returns what must be disposed of afterwards.</param>
/// <param name="Level">How bad it is.</param>
internal sealed record BrokenSetup(
    string Name, string Subject, string Detail, string Remedy, Func<Site, Task<IAsyncDisposable?>> Break, string Level = "Failed");

/// <summary>The ways in which set-ups are broken.</summary>
internal static class BrokenSetups
{
    public static IReadOnlyList<BrokenSetup> All { get; } =
    [
        new("no document", "document", "file not found", "tfe-backup init", Do(site => File.Delete(Document(site)))),
        new("not JSON", "document", "line 2", "Correct it", Do(site => File.WriteAllText(Document(site), "{\n  Store"))),
        new("a misspelt setting", "document", "did you mean 'Schedule'?", "Correct it", Set("Schedul", "0 0 3 * * *")),
        new("a schedule that is none", "document", "Schedule: found 'nightly'", "Correct it", Set("Schedule", "nightly")),
        new("others may write the document", "document", "Others may write", "chmod go-w", Do(site => File.SetUnixFileMode(Document(site), (UnixFileMode)0b110_110_110))),
        new("no secrets file", "secrets", "secrets.json does not exist", "install -m 600", Do(site => File.Delete(Secrets(site)))),
        new("others may read the secrets", "secrets", "others can access it (mode 0644", "chmod 600", Do(site => File.SetUnixFileMode(Secrets(site), (UnixFileMode)0b110_100_100))),
        new("others may replace the secrets", "secrets", "Others may write into", "chmod go-w", Do(site => File.SetUnixFileMode(site.Folder.Root, (UnixFileMode)0b111_111_111))),
        new("secrets that are not JSON", "secrets", "not valid JSON at line 1", "Expected {", Do(site => File.WriteAllText(Secrets(site), "token: x"))),
        new("a secret that is not there", "secrets", "no secret 'old-pasword'", "\"old-pasword\": \"<value>\"", Set("PasswordSecret", "old-pasword")),
        new("a variable that is not set", "secrets", "TFEBACKUP_SECRET_OLD_TOKEN", "Set the variable", Do(site =>
        {
            site.Configuration["Secrets"] = new JsonObject { ["Kind"] = "Environment" };
            site.Save();
        })),
        new("a token with a line break", "old: endpoint", "is not a token", "without line breaks", SetSecret("old-token", "abc\ndef")),
        new("a wrong token", "old: token", "refuses the token", "settings dashboard", SetSecret("old-token", "wrong")),
        new("a name that does not exist", "old: endpoint", "cannot be resolved", "Correct the host", Set("Endpoint", "https://tfe.invalid")),
        new("nobody listens", "old: endpoint", "the connection was refused", "Start the service", Set("Endpoint", $"http://127.0.0.1:{FreePort.Next()}")),
        new("nothing answers", "old: endpoint", "no response within", "firewalls", site => ServeAsync(site, context => Task.Delay(Timeout.Infinite, context.RequestAborted))),
        new("a web page answers", "old: endpoint", "200 with a web page", "remove any path", site => ServeAsync(site, async context =>
        {
            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync("<html></html>");
        })),
        new("https where there is none", "old: endpoint", "does not speak TLS", "http://", Do(site =>
        {
            Installation(site)["Endpoint"] = site.Old.Endpoint.Replace("http://", "https://", StringComparison.Ordinal);
            site.Save();
        })),
        new("a certificate that has expired", "old: certificate", "has expired", "Renew the certificate", site => ServeAsync(site, AnswerAsync, Certificate(-20, -10), trust: true)),
        new("a certificate for another name", "old: certificate", "is for another name", "Use the name in the certificate", site => ServeAsync(site, AnswerAsync, Certificate(-1, 100, "other.example"), trust: true)),
        new("a certificate that nobody vouches for", "old: certificate", "not trusted", "Installations:old:CaFile", site => ServeAsync(site, AnswerAsync, Certificate(-1, 100))),
        new("a certificate that expires soon", "old: certificate", "It expires on ", "Renew it", site => ServeAsync(site, AnswerAsync, Certificate(-1, 10), trust: true), "Warning"),
        new("a CaFile without certificates", "old: endpoint", "contains no certificate", "Correct the setting", Do(site =>
        {
            File.WriteAllText(site.Folder.Combine("ca.pem"), "nothing");
            Installation(site)["CaFile"] = "ca.pem";
            site.Save();
        })),
        new("an application that is not ready", "old: readiness", "503", "Mend the part", Do(site => File.WriteAllText(site.Folder.Combine("old.down"), ""))),
        new("a clock that is wrong", "old: clock", "behind the service's", "Synchronise", site => ServeAsync(site, context =>
        {
            context.Response.Headers.Date = DateTimeOffset.UtcNow.AddHours(1).ToString("R");
            return AnswerAsync(context);
        })),
        new("no directory for backups", "store", "does not exist", "install -d -m 700", Do(site => Directory.Delete(site.Folder.Combine("store")))),
        new("a directory that takes no files", "store", "Cannot write into /proc", "", Do(site =>
        {
            site.Configuration["Store"]!["Path"] = "/proc";
            site.Save();
        })),
        new("a full disk", "store", "less than the last backup's", "Free some space", async site =>
        {
            (await site.RunAsync("backup", "old")).ShouldEndWith(0);
            var record = Directory.GetFiles(site.Folder.Combine("store"), "backup.json", SearchOption.AllDirectories).Single();
            var json = JsonNode.Parse(await File.ReadAllTextAsync(record))!;
            json["size"] = 1L << 60;
            await File.WriteAllTextAsync(record, json.ToJsonString());
            return null;
        }),
        new("no container for backups", "store", "The container does not exist", "Create the container", async site =>
        {
            site.Configuration["Store"] = new JsonObject
            {
                ["Kind"] = "AzureBlob", ["Container"] = "no-such-container", ["ConnectionString"] = (await AzuriteServer.SharedAsync()).ConnectionString,
            };
            site.Save();
            return null;
        }),
        new("a wrong account key", "store", "403", "Storage Blob Data Contributor", async site =>
        {
            var azurite = await AzuriteServer.SharedAsync();
            var container = await azurite.CreateContainerAsync();
            site.Configuration["Store"] = new JsonObject
            {
                ["Kind"] = "AzureBlob",
                ["Container"] = container.Name,
                ["ConnectionString"] = string.Join(';', azurite.ConnectionString.Split(';').Select(part => part.StartsWith("AccountKey=", StringComparison.Ordinal) ? $"AccountKey={Convert.ToBase64String(new byte[64])}" : part)),
            };
            site.Save();
            return null;
        }),
        new("a program that is not installed", "new: restart", "no program 'replicatedctl-x'", "Install it", Restart("Stop", "replicatedctl-x", "stop")),
        new("a status command that fails", "new: restart", "7", "Run Restart:Status by hand", Restart("Status", "sh", "-c", "exit 7")),
        new("a service that may not control the application", "old: restart", "404", "Installation:Application", Do(site =>
        {
            Installation(site)["Restart"] = new JsonObject { ["Kind"] = "Service" };
            site.Save();
        })),
        new("an RPO that the schedule cannot keep", "old: schedule", "up to 06:00:00 pass", "more often", Set("Rpo", "03:00:00")),
        new("no RPO", "old: schedule", "no Rpo", "Set Installations:old:Rpo", Set("Rpo", null), "Warning"),
        new("no schedule", "old: schedule", "no Schedule", "Set Installations:old:Schedule", Set("Schedule", null), "Warning"),
        new("nobody runs the schedule", "scheduler", "nobody takes them", "tfe-backup run", Do(_ => { }), "Warning"),
        new("a state file of other software", "state", "operations.db", "State:Path", Do(site =>
        {
            Directory.CreateDirectory(site.Folder.Combine("state"));
            File.WriteAllText(site.Folder.Combine("state", "operations.db"), "something else, and long enough to be taken for something");
        })),
        new("a sealed Vault", "old: vault", "it is sealed", "Unseal Vault", site => DirectAsync(site, installation => installation.Vault.Sealed = true)),
        new("a database that is not there", "old: database", "", "with psql from this machine", site => DirectAsync(site, _ => Direct(site)["Postgres"] = $"Host=127.0.0.1;Port={FreePort.Next()};Database=tfe;Username=tfe")),
        new("objects that are not there", "document", "expected an existing directory that holds the objects", "Correct it", site => DirectAsync(site, _ => Direct(site)["ObjectStore"]!["Path"] = "/no/such/folder")),
        new("a Vault token that ends soon", "old: vault", "expires in", "AppRole", site => DirectAsync(site, installation => SetSecrets(site, "vault-token", installation.Vault.CreateToken(TimeSpan.FromHours(2)))), "Warning"),
    ];

    private static string Document(Site site) => site.Folder.Combine("tfe-backup.json");

    private static string Secrets(Site site) => site.Folder.Combine("secrets.json");

    private static JsonNode Installation(Site site) => site.Configuration["Installations"]!["old"]!;

    private static JsonNode Direct(Site site) => Installation(site)["Direct"]!;

    private static Func<Site, Task<IAsyncDisposable?>> Do(Action<Site> action) => site =>
    {
        action(site);
        return Task.FromResult<IAsyncDisposable?>(null);
    };

    private static Func<Site, Task<IAsyncDisposable?>> Set(string key, string? value) => Do(site =>
    {
        if (value is null)
        {
            Installation(site).AsObject().Remove(key);
        }
        else
        {
            Installation(site)[key] = value;
        }

        site.Save();
    });

    private static Func<Site, Task<IAsyncDisposable?>> Restart(string key, params string[] command) => Do(site =>
    {
        site.Configuration["Installations"]!["new"]!["Restart"]![key] = new JsonArray([.. command.Select(part => (JsonNode)part)]);
        site.Save();
    });

    private static Func<Site, Task<IAsyncDisposable?>> SetSecret(string name, string value) => Do(site => SetSecrets(site, name, value));

    private static void SetSecrets(Site site, string name, string value)
    {
        var secrets = JsonNode.Parse(File.ReadAllText(Secrets(site)))!;
        secrets[name] = value;
        File.WriteAllText(Secrets(site), secrets.ToJsonString());
    }

    private static async Task<IAsyncDisposable?> ServeAsync(Site site, RequestDelegate handler, X509Certificate2? certificate = null, bool trust = false)
    {
        var server = await HttpServer.StartAsync(handler, certificate);
        Installation(site)["Endpoint"] = server.Address.ToString().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        if (trust)
        {
            await File.WriteAllTextAsync(site.Folder.Combine("ca.pem"), certificate!.ExportCertificatePem());
            Installation(site)["CaFile"] = "ca.pem";
        }

        site.Save();
        return server;
    }

    private static Task AnswerAsync(HttpContext context) => context.Response.WriteAsJsonAsync(new { status = "OK", content = "data", state = "unknown" });

    private static X509Certificate2 Certificate(int from, int to, string host = "localhost")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(from), DateTimeOffset.UtcNow.AddDays(to));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    private static async Task<IAsyncDisposable?> DirectAsync(Site site, Action<TestInstallation> change)
    {
        var installation = await TestInstallation.CreateFilledAsync();
        var database = new NpgsqlConnectionStringBuilder(installation.Database.ConnectionString);
        SetSecrets(site, "vault-token", installation.Vault.Token);
        SetSecrets(site, "database-password", database.Password!);
        database.Password = null;
        site.Configuration["Installations"]!["old"] = new JsonObject
        {
            ["Mode"] = "Direct",
            ["PasswordSecret"] = "old-password",
            ["Schedule"] = "0 0 */6 * * *",
            ["Rpo"] = "12:00:00",
            ["Drill"] = new JsonObject { ["Into"] = "new" },
            ["Direct"] = new JsonObject
            {
                ["Postgres"] = database.ConnectionString,
                ["PostgresPasswordSecret"] = "database-password",
                ["ProductVersion"] = "1.2.3",
                ["ObjectStore"] = new JsonObject { ["Kind"] = "Directory", ["Path"] = installation.ObjectFolder },
                ["Vault"] = new JsonObject { ["Address"] = installation.Vault.Address.ToString(), ["TokenSecret"] = "vault-token", ["App"] = TestInstallation.App },
            },
        };
        change(installation);
        site.Save();
        return installation;
    }
}

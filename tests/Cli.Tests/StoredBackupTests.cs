using System.Text.Json.Nodes;
using TfeBackup.TestSupport.Azurite;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary><c>ls</c>, <c>extract</c> and <c>inspect</c> on stored backups by their names, of which only what is asked for is read.</summary>
public sealed class StoredBackupTests
{
    private const int Size = 64 << 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stored_backup_is_listed_and_extracted_by_name(bool blob)
    {
        await using var site = await CreateAsync(blob ? (await AzuriteServer.SharedAsync()).ConnectionString : null);
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var root = (await site.RunAsync("ls", "old/latest")).ShouldEndWith(0);
        var table = JsonNode.Parse((await site.RunAsync("ls", "latest", "database/public", "--json")).ShouldEndWith(0).Out)!;
        var all = (await site.RunAsync("ls", "latest", "objects/state", "--recursive", "--json")).ShouldEndWith(0);
        (await site.RunAsync("extract", "old/latest", "objects/state/z000007", "database/public/workspaces", "--to", "out")).ShouldEndWith(0);
        var inspect = (await site.RunAsync("inspect", "old/latest", "--quick", "--json")).ShouldEndWith(0);
        var missing = (await site.RunAsync("ls", "latest", "nothing")).ShouldEndWith(1, anyFailure: true);

        Assert.Matches(@"(?m)^database/ +4 +3 +\S+ B$", root.Out);
        Assert.Matches(@"(?m)^objects/ +66 +64\.0 MiB$", root.Out);
        Assert.Equal(("database/public/workspaces/", 2, 3), ((string?)table["path"], (int)table["entries"]!, (int)table["rows"]!));
        Assert.Equal(66, all.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string?)JsonNode.Parse(line)!["path"]).Distinct().Count());
        Assert.Equal(1 << 20, new FileInfo(site.Folder.Combine("out", "objects", "state", "z000007")).Length);
        Assert.Equal(66, (int)JsonNode.Parse(inspect.Out)!["objects"]!);
        Assert.Contains("has no entry 'nothing'", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_blob_only_what_is_asked_for_is_downloaded()
    {
        var azurite = await AzuriteServer.SharedAsync();
        await using var proxy = await BlobProxy.StartAsync(new Uri(ServiceOf(azurite.ConnectionString)));
        await using var site = await CreateAsync(azurite.ConnectionString.Replace(
            new Uri(ServiceOf(azurite.ConnectionString)).Authority, proxy.Address.Authority, StringComparison.Ordinal));
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var before = proxy.Answered;

        (await site.RunAsync("ls", "old/latest")).ShouldEndWith(0);
        var listed = proxy.Answered - before;
        (await site.RunAsync("extract", "old/latest", "objects/state/z000007", "--to", "out")).ShouldEndWith(0);
        var extracted = proxy.Answered - before - listed;

        Assert.InRange(listed, 1, 12 << 20);
        Assert.InRange(extracted, 1 << 20, 16 << 20);
    }

    [Fact]
    public async Task The_version_of_the_password_that_a_record_names_opens_it()
    {
        await using var site = await CreateAsync(null);
        var path = site.Folder.Combine("secrets.json");
        var secrets = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        secrets["old-password"] = new JsonObject { ["current"] = "one", ["versions"] = new JsonObject { ["one"] = Site.OldPassword } };
        await File.WriteAllTextAsync(path, secrets.ToJsonString());
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        (await site.RunAsync("password", "rotate", "old")).ShouldEndWith(0);

        (await site.RunAsync("ls", "old/latest")).ShouldEndWith(0);
        (await site.RunAsync("ls", "old/latest", "--password-secret", "old-password")).ShouldEndWith(1, anyFailure: true);
    }

    [Fact]
    public async Task An_opaque_backup_says_that_nobody_can_look_into_it()
    {
        await using var site = await Site.CreateAsync(oldIsVendors: true);
        site.Old.Backup = async (context, _) =>
        {
            var content = new byte[100_000];
            new Random(1).NextBytes(content);
            await context.Response.Body.WriteAsync(content);
        };
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var result = (await site.RunAsync("ls", "old/latest")).ShouldEndWith(1, anyFailure: true);

        Assert.Contains("is opaque", result.Error, StringComparison.Ordinal);
    }

    private static async Task<Site> CreateAsync(string? connectionString)
    {
        var site = await Site.CreateAsync();
        site.Old.Size = Size;
        if (connectionString is not null)
        {
            site.Configuration["Store"] = new JsonObject
            {
                ["Kind"] = "AzureBlob",
                ["Container"] = (await (await AzuriteServer.SharedAsync()).CreateContainerAsync()).Name,
                ["ConnectionString"] = connectionString,
            };
            site.Save();
        }

        return site;
    }

    private static string ServiceOf(string connectionString) =>
        new Uri(connectionString.Split(';').Single(part => part.StartsWith("BlobEndpoint=", StringComparison.Ordinal))["BlobEndpoint=".Length..]).GetLeftPart(UriPartial.Authority);
}

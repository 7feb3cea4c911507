using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.AspNetCore.Http;
using TfeBackup.TestSupport.Azurite;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>Backups into Blob Storage, through something that answers in its place where a test wishes.</summary>
public sealed class BlobStoreTests : IAsyncLifetime
{
    private Site _site = null!;
    private BlobProxy _proxy = null!;
    private BlobContainerClient _container = null!;

    public async Task InitializeAsync()
    {
        var azurite = await AzuriteServer.SharedAsync();
        _container = await azurite.CreateContainerAsync();
        _proxy = await BlobProxy.StartAsync(new Uri(_container.Uri.GetLeftPart(UriPartial.Authority)));
        _site = await Site.CreateAsync();
        _site.Configuration["Store"] = new JsonObject
        {
            ["Kind"] = "AzureBlob",
            ["Container"] = _container.Name,
            ["ConnectionString"] = azurite.ConnectionString.Replace(_container.Uri.Authority, _proxy.Address.Authority, StringComparison.Ordinal),
        };
        _site.Save();
    }

    public async Task DisposeAsync()
    {
        await _site.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task A_backup_is_taken_listed_verified_and_restored_although_the_store_throttles_every_request_once()
    {
        // More than one block, so that blocks are asked for again while others are under way.
        _site.Old.Size = 20 << 20;
        var seen = new ConcurrentDictionary<string, bool>();
        _proxy.Refuse = request => HttpMethods.IsPut(request.Method) && seen.TryAdd(request.Path + request.QueryString, true) ? (503, "ServerBusy") : null;

        (await _site.RunAsync("backup", "old")).ShouldEndWith(0);
        (await _site.RunAsync("verify", "old/latest")).ShouldEndWith(0);
        (await _site.RunAsync("restore", "latest", "--to", "new")).ShouldEndWith(0);

        Assert.Contains(_proxy.Refused, refused => refused.Contains("comp=block&", StringComparison.Ordinal));
        Assert.Contains(_proxy.Refused, refused => refused.Contains("comp=blocklist", StringComparison.Ordinal));
        Assert.Single(await _site.ListAsync());
        Assert.Equal(Site.OldPassword, Assert.Single(_site.New.Restored).Password);

        // Neither names nor metadata nor records tell a secret.
        foreach (var blob in _container.GetBlobs(new GetBlobsOptions { Traits = BlobTraits.All }))
        {
            var record = blob.Name.EndsWith(".json", StringComparison.Ordinal)
                ? _container.GetBlobClient(blob.Name).DownloadContent().Value.Content.ToString()
                : "";
            var told = $"{blob.Name} {string.Join(' ', blob.Metadata)} {string.Join(' ', blob.Tags ?? new Dictionary<string, string>())} {record}";
            Assert.All(
                [Site.OldPassword, Site.OldToken, Site.NewPassword, Site.NewToken],
                secret => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("comp=blocklist", "InsufficientAccountPermissions", "Refused")]
    [InlineData("comp=block&", "AuthorizationPermissionMismatch", "Refused")]
    public async Task A_store_that_refuses_data_or_its_commit_publishes_nothing_and_is_named(string query, string code, string error)
    {
        _site.Old.Size = 20 << 20;
        _proxy.Refuse = request =>
            HttpMethods.IsPut(request.Method) && $"{request.QueryString}&".Contains(query, StringComparison.Ordinal) ? (403, code) : null;

        var result = (await _site.RunAsync("backup", "old", "--json")).ShouldEndWith(1);

        var failure = JsonNode.Parse(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!;
        Assert.Equal(error, (string?)failure["error"]);
        Assert.Contains(_container.Name, (string?)failure["message"], StringComparison.Ordinal);
        Assert.Empty(await _site.ListAsync());
        Assert.Empty(_container.GetBlobs());
        Assert.Equal("Failed", (string?)Assert.Single(await _site.OperationsAsync())!["state"]);
    }
}

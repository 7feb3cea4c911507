using TfeBackup.TestSupport.Azurite;
using Xunit;

namespace TfeBackup.TestSupport.Tests.Azurite;

public sealed class AzuriteServerTests
{
    [Fact]
    public async Task Content_survives_a_stop_and_start()
    {
        await using var server = await AzuriteServer.StartAsync();
        var container = await server.CreateContainerAsync();
        await container.UploadBlobAsync("a/b c", BinaryData.FromString("content"));

        await server.StopAsync();
        Assert.Equal(0, server.ProcessId);
        await server.StartAgainAsync();

        var content = await container.GetBlobClient("a/b c").DownloadContentAsync();
        Assert.Equal("content", content.Value.Content.ToString());
    }
}

using System.Net;
using System.Text.Json.Nodes;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests;

public sealed class MemoryTests
{
    private const long Limit = 400L * 1000 * 1000;

    [Fact]
    public async Task The_service_has_one_heap_that_is_collected_early()
    {
        var file = await File.ReadAllTextAsync(Path.ChangeExtension(BackupService.Assembly, ".runtimeconfig.json"));
        var settings = JsonNode.Parse(file)!["runtimeOptions"]!["configProperties"]!;
        Assert.False((bool)settings["System.GC.Server"]!);
        Assert.False((bool)settings["System.GC.Concurrent"]!);
        Assert.InRange((long)settings["System.GC.Gen0MaxBudget"]!, 1, 8 << 20);
    }

    [Fact]
    public async Task Six_hundred_megabytes_are_backed_up_and_restored_within_four_hundred()
    {
        await using var old = await TestInstallation.CreateFilledAsync(blob: false);
        await using var fresh = await TestInstallation.CreateAsync();
        await old.PutRowsAsync(120_000_000);
        await old.PutLargeObjectAsync("large/one", 480_000_000);
        await using var oldService = await BackupService.StartAsync(old, TestInstallation.DefaultWorkFactor);
        await using var newService = await BackupService.StartAsync(fresh);
        using var folder = new TempFolder();

        await using (var file = File.Create(folder.Combine("backup.blob")))
        {
            using var response = await oldService.BackupAsync(BackupService.Document(BackupService.Password));
            await BackupService.RequireAsync(response, HttpStatusCode.OK);
            await response.Content.CopyToAsync(file);
            Assert.InRange(file.Length, 480_000_000, 660_000_000);
        }

        using var answer = await newService.RestoreAsync(BackupService.Form(BackupService.Document(BackupService.Password), File.OpenRead(folder.Combine("backup.blob"))));
        await BackupService.RequireAsync(answer, HttpStatusCode.OK);

        // What an operation leaves behind must not stand beside the next one's key derivation.
        using (var again = await oldService.BackupAsync(BackupService.Document(BackupService.Password)))
        {
            await BackupService.RequireAsync(again, HttpStatusCode.OK);
            await again.Content.CopyToAsync(Stream.Null);
        }

        Assert.InRange(oldService.Process.PeakMemory, 1, Limit);
        Assert.InRange(newService.Process.PeakMemory, 1, Limit);
        Assert.Equal(await old.PlainContentAsync(), await fresh.PlainContentAsync());
    }
}

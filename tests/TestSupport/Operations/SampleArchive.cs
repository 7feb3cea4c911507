using System.Text;
using TfeBackup.Archive;

namespace TfeBackup.TestSupport.Operations;

/// <summary>Small backups in our own format.</summary>
public static class SampleArchive
{
    public static async Task<byte[]> CreateAsync(string password, string installation = "old")
    {
        using var file = new MemoryStream();
        var info = new BackupInfo
        {
            Id = Guid.NewGuid().ToString(),
            Created = new DateTimeOffset(2026, 11, 22, 3, 0, 0, TimeSpan.Zero),
            Installation = installation,
            ProductVersion = "v202611-1",
            PostgresVersion = "15.8",
            ObjectsIncluded = true,
        };
        await using var writer = await ArchiveWriter.CreateAsync(file, password, info, new ArchiveWriterOptions { WorkFactor = 4 }, default);
        await writer.WriteSchemaAsync("{}"u8.ToArray(), default);
        await writer.WritePartAsync("public", "workspaces", Encoding.UTF8.GetBytes("1\tnetwork\n2\tdns\n"), default);
        await writer.WriteSequencesAsync("{}"u8.ToArray(), default);
        await writer.WriteObjectAsync(new ArchiveObject("states/1", 5), new MemoryStream([1, 2, 3, 4, 5]), default);
        await writer.CompleteAsync(default);
        return file.ToArray();
    }
}

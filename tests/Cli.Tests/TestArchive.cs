using System.Text;
using TfeBackup.Archive;

namespace TfeBackup.Cli.Tests;

/// <summary>Makes real backup files, with a work factor that costs no time.</summary>
internal static class TestArchive
{
    private static readonly ArchiveWriterOptions Quick = new() { WorkFactor = 8 };

    /// <summary>A backup with one table, a few objects, and as much content as asked for.</summary>
    public static async Task WriteAsync(
        Stream destination, string password, int size = 0, string id = "test", Func<Task>? beforeEnd = null, CancellationToken cancellationToken = default)
    {
        var info = new BackupInfo
        {
            Id = id,
            Created = new DateTimeOffset(2026, 11, 22, 3, 15, 0, TimeSpan.Zero),
            Installation = "old",
            ProductVersion = "202611-1",
            PostgresVersion = "15.8",
            ObjectsIncluded = true,
        };
        await using var writer = await ArchiveWriter.CreateAsync(destination, password, info, Quick, cancellationToken);
        await writer.WriteSchemaAsync("{}"u8.ToArray(), cancellationToken);
        await writer.WritePartAsync("public", "workspaces", "1\tone\n2\ttwo\n"u8.ToArray(), cancellationToken);
        await writer.WritePartAsync("public", "workspaces", "3\tthree\n"u8.ToArray(), cancellationToken);
        await writer.WriteSequencesAsync("{}"u8.ToArray(), cancellationToken);
        foreach (var (key, content) in Objects(size))
        {
            await writer.WriteObjectAsync(new ArchiveObject(key, content.Length), new MemoryStream(content), cancellationToken);
        }

        if (beforeEnd is not null)
        {
            await beforeEnd();
        }

        _ = await writer.CompleteAsync(cancellationToken);
    }

    /// <summary>The same as bytes.</summary>
    public static async Task<byte[]> CreateAsync(string password, int size = 0, string id = "test")
    {
        using var content = new MemoryStream();
        await WriteAsync(content, password, size, id);
        return content.ToArray();
    }

    private static IEnumerable<(string Key, byte[] Content)> Objects(int size)
    {
        yield return ("state/a name with spaces", Encoding.UTF8.GetBytes("state"));
        yield return ("state/empty", []);

        // Noise, because what compresses away moves no bytes.
        for (var number = 0; size > 0; number++)
        {
            var content = new byte[Math.Min(size, 1 << 20)];
            new Random(number).NextBytes(content);
            size -= content.Length;
            yield return ($"state/z{number:000000}", content);
        }
    }
}

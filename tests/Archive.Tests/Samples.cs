using System.Security.Cryptography;
using System.Text;

namespace TfeBackup.Archive.Tests;

/// <summary>Small backups to read, damage and compare.</summary>
internal static class Samples
{
    public const string Password = "befit-brakeman-footstep-unclasp";

    /// <summary>The cheapest derivation there is; the real price is paid by the tests that are about it.</summary>
    public static readonly ArchiveWriterOptions Cheap = new() { WorkFactor = 2 };

    public static readonly BackupInfo Info = new()
    {
        Id = "backup-old-20261122T030000Z",
        Created = new DateTimeOffset(2026, 11, 22, 3, 0, 0, TimeSpan.Zero),
        Installation = "old",
        ProductVersion = "1.2.0",
        PostgresVersion = "15.18",
        ObjectsIncluded = true,
    };

    /// <summary>A backup with every kind of entry.</summary>
    public static async Task<byte[]> CreateAsync(ArchiveWriterOptions? options = null)
    {
        var file = new MemoryStream();
        await using var writer = await ArchiveWriter.CreateAsync(file, Password, Info, options ?? Cheap, default);
        await writer.WriteSchemaAsync(Utf8("""{"tables":[]}"""), default);
        await writer.WritePartAsync("public", "users", Utf8("1\tanna\n2\tbo"), default);
        await writer.WritePartAsync("public", "users", Utf8("ris\n"), default);
        await writer.WritePartAsync("public", "Empty & Wéird.table", default, default);
        await writer.WriteSequencesAsync(Utf8("{}"), default);
        await writer.WriteVanishedAsync("states/gone", default);
        await WriteObjectAsync(writer, new ArchiveObject("a b%20+'\"/ü/.hidden", 5)
        {
            ContentType = "application/json",
            Metadata = new Dictionary<string, string> { ["one"] = "1", ["zwei"] = "zwölf\n=" },
            TransitKey = "tfe_archivist",
            TransitForm = "age",
        }, Utf8("hello"));
        await WriteObjectAsync(writer, new ArchiveObject("empty", 0), []);
        await writer.CompleteAsync(default);
        return file.ToArray();
    }

    public static Task WriteObjectAsync(ArchiveWriter writer, ArchiveObject header, byte[] content) =>
        writer.WriteObjectAsync(header, new MemoryStream(content), default);

    public static async Task<ArchiveSummary> VerifyAsync(byte[] file) =>
        await ArchiveVerifier.VerifyAsync(new MemoryStream(file), Password, null, default);

    /// <summary>Every entry of a backup with its content.</summary>
    public static async Task<List<(ArchiveEntry Entry, byte[] Content)>> ReadAllAsync(Stream file)
    {
        var entries = new List<(ArchiveEntry, byte[])>();
        await using var reader = await ArchiveReader.OpenAsync(file, Password, null, default);
        while (await reader.ReadAsync(default) is { } entry)
        {
            var content = new MemoryStream();
            await entry.Content.CopyToAsync(content);
            entries.Add((entry, content.ToArray()));
        }

        return entries;
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Sha256(ReadOnlySpan<byte> data) => Convert.ToHexStringLower(SHA256.HashData(data));
}

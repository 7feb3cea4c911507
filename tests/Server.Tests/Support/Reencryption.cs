using TfeBackup.Archive;

namespace TfeBackup.Server.Tests.Support;

/// <summary>The same backup with a key that is quickly derived, for tests that open it many times.</summary>
internal static class Reencryption
{
    public static async Task<byte[]> WithLowWorkFactorAsync(byte[] backup, string password)
    {
        var none = CancellationToken.None;
        var result = new MemoryStream();
        await using var reader = await ArchiveReader.OpenAsync(new MemoryStream(backup), password, null, none);
        await using var writer = await ArchiveWriter.CreateAsync(result, password, reader.Info, new ArchiveWriterOptions { WorkFactor = 10 }, none);
        while (await reader.ReadAsync(none) is { } entry)
        {
            if (entry.Object is { } header)
            {
                await writer.WriteObjectAsync(header, entry.Content, none);
                continue;
            }

            var content = new byte[entry.Size];
            await entry.Content.ReadExactlyAsync(content);
            await (entry.Kind switch
            {
                ArchiveEntryKind.Schema => writer.WriteSchemaAsync(content, none),
                ArchiveEntryKind.Sequences => writer.WriteSequencesAsync(content, none),
                _ => writer.WritePartAsync(entry.Schema!, entry.Table!, content, none),
            });
        }

        await writer.CompleteAsync(none);
        return result.ToArray();
    }
}

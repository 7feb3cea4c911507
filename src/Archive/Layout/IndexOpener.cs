using System.Security.Cryptography;
using TfeBackup.Archive.Tar;
using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive.Layout;

/// <summary>Finds the first and the last entry of a backup that can be read anywhere.</summary>
internal sealed class IndexOpener
{
    private readonly FrameAccess _frames;
    private readonly TarHeaderReader _headers;
    private long _position;

    public IndexOpener(FrameAccess frames)
    {
        _frames = frames;
        _headers = new TarHeaderReader(ReadAsync);
    }

    public static async ValueTask ReadExactlyAsync(
        FrameAccess frames, long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var content = await frames.PeekAsync(position, cancellationToken);
            if (content.IsEmpty)
            {
                throw ArchiveException.Corrupt($"The backup ends at byte {frames.Length} of its tar, where more must follow.");
            }

            var count = Math.Min(content.Length, buffer.Length);
            content[..count].CopyTo(buffer);
            position += count;
            buffer = buffer[count..];
        }
    }

    public async Task<ArchiveIndex> OpenAsync(
        Func<BackupInfo, Manifest, ArchiveSummary, ArchiveIndex> create, CancellationToken cancellationToken)
    {
        (var first, var info) = await ReadEntryAsync(0, EntryName.BackupInfoPath, FormatLimits.BackupInfoBytes, null, cancellationToken);
        var description = BackupDescription.Read(info, first.Modified);

        var start = await FindManifestAsync(cancellationToken);
        (_, var json) = await ReadEntryAsync(start, EntryName.ManifestPath, FormatLimits.ManifestBytes, first.Modified, cancellationToken);
        var manifest = ArchiveJson.Read(json, ArchiveJson.Default.Manifest, $"'{EntryName.ManifestPath}'");
        if (manifest.Format != BackupInfo.CurrentFormat || manifest.Id != description.Id || manifest.Parts.Contains(null!))
        {
            throw ArchiveException.Corrupt($"'{EntryName.ManifestPath}' belongs to a backup other than '{description.Id}'.");
        }

        _position += TarFormat.Padding(json.Length);
        var end = await _headers.ReadAsync(_position, first.Modified, cancellationToken);
        if (end is not null || _position != _frames.Length)
        {
            throw ArchiveException.Corrupt($"Data follows '{EntryName.ManifestPath}', which must be the last entry.");
        }

        return create(description, manifest, Tally.Summarise(manifest, Convert.ToHexStringLower(SHA256.HashData(json))));
    }

    /// <summary>
    /// The manifest begins the last frame, or one a little before it if it is long; what follows its header is JSON, which
    /// no tar header is, so that the first one found from the end is it.
    /// </summary>
    private async Task<long> FindManifestAsync(CancellationToken cancellationToken)
    {
        const int FramesOfManifest = (FormatLimits.ManifestBytes / FrameFormat.MaxContent) + 2;
        for (var frame = _frames.Count - 1; frame >= Math.Max(0, _frames.Count - FramesOfManifest); frame--)
        {
            var start = _frames.StartOf(frame);
            var content = await _frames.PeekAsync(start, cancellationToken);
            if (content.Length >= TarFormat.Block
                && TarHeader.Name(content.Span).SequenceEqual("manifest.json"u8)
                && TarHeader.HasChecksum(content.Span[..TarFormat.Block]))
            {
                return start;
            }
        }

        throw ArchiveException.Corrupt($"The backup does not end with its manifest, '{EntryName.ManifestPath}'.");
    }

    private async Task<(TarEntry Header, byte[] Content)> ReadEntryAsync(
        long offset, string path, long limit, long? modified, CancellationToken cancellationToken)
    {
        _position = offset;
        var header = await _headers.ReadAsync(offset, modified, cancellationToken);
        if (header is null || EntryName.Of(header).Path != path || header.Size > limit)
        {
            throw ArchiveException.Corrupt($"The file is encrypted with this password, but it is not a backup: '{path}' is not where it must be.");
        }

        var content = new byte[Math.Min(header.Size, _frames.Length - _position)];
        await ReadAsync(content, cancellationToken);
        return content.Length == header.Size
            ? (header, content)
            : throw ArchiveException.Corrupt($"The backup ends within '{path}'.");
    }

    private async ValueTask ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await ReadExactlyAsync(_frames, _position, buffer, cancellationToken);
        _position += buffer.Length;
    }
}

using System.Buffers.Binary;
using TfeBackup.Archive.Zstd;
using Xunit;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace TfeBackup.Archive.Tests.Hostile;

/// <summary>Backups whose encryption is in order and whose compression layer is not what a writer makes.</summary>
public sealed class HostileZstdTests
{
    private static readonly byte[] Tar = Forgery.Begin().Add("database/sequences.json", "{}").Rest().Tar();

    [Fact]
    public async Task Frames_that_another_zstd_writes_are_accepted_within_the_limits()
    {
        var manifest = Forgery.FindManifest(Tar);
        foreach (var checksums in new[] { true, false })
        {
            var first = Frame(Tar[..manifest], checksum: checksums);
            var second = Frame(Tar[manifest..], level: 19, checksum: checksums);
            var file = await Forgery.FromZstdAsync([.. first, .. second, .. Table(checksums, (first, manifest), (second, Tar.Length - manifest))]);

            await Samples.VerifyAsync(file);
            await using var index = await ArchiveIndex.OpenAsync(new MemoryStream(file), Samples.Password, null, default);
        }
    }

    [Fact]
    public async Task Frames_of_which_some_have_checksums_are_refused()
    {
        var manifest = Forgery.FindManifest(Tar);
        foreach (var checksums in new[] { true, false })
        {
            var first = Frame(Tar[..manifest], checksum: checksums);
            var second = Frame(Tar[manifest..], checksum: !checksums);
            await RefuseAsync(
                [.. first, .. second, .. Table(checksums, (first, manifest), (second, Tar.Length - manifest))], "unlike those before it");
        }
    }

    [Fact]
    public async Task A_seek_table_with_checksums_for_frames_without_is_refused_and_the_other_way_round()
    {
        var manifest = Forgery.FindManifest(Tar);
        foreach (var checksums in new[] { true, false })
        {
            var first = Frame(Tar[..manifest], checksum: checksums);
            var second = Frame(Tar[manifest..], checksum: checksums);
            byte[] zstd = [.. first, .. second, .. Table(!checksums, (first, manifest), (second, Tar.Length - manifest))];
            await RefuseAsync(zstd, "seek table");
            var file = await Forgery.FromZstdAsync(zstd);
            await Assert.ThrowsAsync<ArchiveException>(() => ArchiveIndex.OpenAsync(new MemoryStream(file), Samples.Password, null, default));
        }
    }

    [Fact]
    public async Task A_manifest_that_does_not_begin_a_frame_is_refused()
    {
        var frame = Frame(Tar);
        await RefuseAsync([.. frame, .. Table((frame, Tar.Length))], "does not begin a frame");
    }

    [Fact]
    public async Task A_missing_or_cut_seek_table_is_refused()
    {
        var frame = Frame(Tar);
        var table = Table((frame, Tar.Length));
        await RefuseAsync(frame, "without its seek table");
        for (var length = 1; length < table.Length; length++)
        {
            await RefuseAsync([.. frame, .. table[..length]], "within");
        }
    }

    [Fact]
    public async Task A_seek_table_that_disagrees_is_refused()
    {
        var frame = Frame(Tar);
        var table = Table((frame, Tar.Length));
        for (var i = 0; i < table.Length; i++)
        {
            byte[] wrong = [.. table];
            wrong[i] ^= 1;
            await RefuseAsync([.. frame, .. wrong], "");
        }
    }

    [Fact]
    public async Task Anything_behind_the_seek_table_is_refused()
    {
        var frame = Frame(Tar);
        var table = Table((frame, Tar.Length));
        await RefuseAsync([.. frame, .. table, 0], "follows");
        await RefuseAsync([.. frame, .. table, .. frame], "follows");
        await RefuseAsync([.. frame, .. table, .. table], "follows");
        await RefuseAsync([.. table, .. frame, .. table], "");
    }

    [Fact]
    public async Task Other_skippable_frames_are_refused()
    {
        var frame = Frame(Tar);
        byte[] skippable = [0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 0];
        await RefuseAsync([.. skippable, .. frame, .. Table((frame, Tar.Length))], "does not begin");
    }

    [Fact]
    public async Task Frames_without_size_are_refused()
    {
        var unsized = Frame(Tar, change: c => c.SetParameter(ZSTD_cParameter.ZSTD_c_contentSizeFlag, 0));
        await RefuseAsync([.. unsized, .. Table((unsized, Tar.Length))], "not allowed in this format");
    }

    [Fact]
    public async Task A_frame_that_holds_more_than_the_format_allows_is_refused_before_it_is_decompressed()
    {
        var bomb = Frame(new byte[100 << 20]);
        Assert.True(bomb.Length < 20_000);
        await RefuseAsync([.. bomb, .. Table((bomb, 100 << 20))], "says it holds 104857600 bytes");
        var over = Frame(new byte[FrameFormat.MaxContent + 1]);
        await RefuseAsync([.. over, .. Table((over, FrameFormat.MaxContent + 1))], "says it holds");
    }

    [Fact]
    public async Task A_frame_that_lies_about_its_size_is_refused()
    {
        var frame = Frame(Tar);
        var sizeAt = (frame[4] & 0x20) != 0 ? 5 : 6;
        for (var bit = 0; bit < 16; bit++)
        {
            byte[] wrong = [.. frame];
            wrong[sizeAt + (bit / 8)] ^= (byte)(1 << (bit % 8));
            await RefuseAsync([.. wrong, .. Table((wrong, Tar.Length ^ (1 << bit)))], "");
        }
    }

    [Fact]
    public async Task A_frame_of_endless_empty_blocks_is_refused()
    {
        byte[] header = [0x28, 0xB5, 0x2F, 0xFD, 0x24, 0x01];
        var blocks = new byte[FrameFormat.MaxCompressed + 10];
        await RefuseAsync([.. header, .. blocks], "longer than");
    }

    [Fact]
    public async Task A_malformed_block_is_refused()
    {
        byte[] header = [0x28, 0xB5, 0x2F, 0xFD, 0x24, 0x01];
        await RefuseAsync([.. header, 0x07, 0, 0, 0, 0, 0, 0, 0], "malformed block");
        await RefuseAsync([.. header, 0x01, 0xFF, 0xFF, 0, 0, 0, 0, 0], "malformed block");
    }

    private static byte[] Frame(byte[] content, int level = 1, Action<Compressor>? change = null, bool checksum = true)
    {
        using var compressor = new Compressor(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, checksum ? 1 : 0);
        change?.Invoke(compressor);
        return compressor.Wrap(content).ToArray();
    }

    private static byte[] Table(params (byte[] Frame, int Size)[] frames) => Table(true, frames);

    private static byte[] Table(bool checksums, params (byte[] Frame, int Size)[] frames)
    {
        var length = checksums ? 12 : 8;
        var table = new byte[8 + (frames.Length * length)];
        BinaryPrimitives.WriteUInt32LittleEndian(table, FrameFormat.SkippableMagic);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(4), (frames.Length * length) + 9);
        for (var i = 0; i < frames.Length; i++)
        {
            uint? checksum = checksums ? BinaryPrimitives.ReadUInt32LittleEndian(frames[i].Frame.AsSpan(frames[i].Frame.Length - 4)) : null;
            new SeekEntry((uint)frames[i].Frame.Length, (uint)frames[i].Size, checksum).Write(table.AsSpan(8 + (i * length)));
        }

        return [.. table, .. new SeekFooter(frames.Length, checksums).Write()];
    }

    private static async Task RefuseAsync(byte[] zstd, string message)
    {
        var file = await Forgery.FromZstdAsync(zstd);
        var e = await Assert.ThrowsAsync<ArchiveException>(() => Samples.VerifyAsync(file));
        Assert.Equal(ArchiveError.Corrupt, e.Error);
        Assert.Contains(message, e.Message);
    }
}

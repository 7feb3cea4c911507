using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using TfeBackup.Archive.Zstd;
using Xunit;

namespace TfeBackup.Archive.Tests;

/// <summary>The native and the managed zstd read each other's frames, and neither is led astray by what is none.</summary>
public sealed class ZstdLibraryTests
{
    public static TheoryData<bool, bool> Pairs => new() { { true, true }, { true, false }, { false, true }, { false, false } };

    [Fact]
    public void The_native_library_is_there_on_the_platforms_that_have_packages()
    {
        if (OperatingSystem.IsLinux())
        {
            Assert.NotNull(ZstdLibrary.Native);
            Assert.Same(ZstdLibrary.Native, ZstdLibrary.Preferred);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_backup_that_one_writes_is_read_by_the_other(bool writesNative, bool readsNative)
    {
        var noise = Samples.Random(5_000_000, 3);
        var rows = Samples.Utf8(string.Concat(Enumerable.Range(0, 300_000).Select(i => $"{i}\tname {i * 7919}\n")));
        var file = new MemoryStream();
        await using (var writer = await ArchiveWriter.CreateAsync(
            file, Samples.Password, Samples.Info, Samples.Cheap with { Zstd = Library(writesNative) }, default))
        {
            await writer.WriteSchemaAsync(Samples.Utf8("{}"), default);
            await writer.WritePartAsync("public", "users", rows, default);
            await writer.WriteSequencesAsync(Samples.Utf8("{}"), default);
            await Samples.WriteObjectAsync(writer, new ArchiveObject("noise", noise.Length), noise);
            await writer.CompleteAsync(default);
        }

        var options = new ArchiveReaderOptions { Zstd = Library(readsNative) };
        file.Position = 0;
        Assert.Equal(300_000, (await ArchiveVerifier.VerifyAsync(file, Samples.Password, options, default)).Rows);
        await using var index = await ArchiveIndex.OpenAsync(file, Samples.Password, options, default);
        await foreach (var entry in index.ReadEntriesAsync(default))
        {
            await using var content = await index.OpenEntryAsync(entry, default);
            await content.CopyToAsync(Stream.Null);
        }
    }

    [Property(MaxTest = 300, Arbitrary = [typeof(Contents)])]
    public void What_one_compresses_the_other_decompresses(byte[] content, bool compressesNative, bool decompressesNative)
    {
        using var compressor = Library(compressesNative).CreateCompressor(1);
        using var decompressor = Library(decompressesNative).CreateDecompressor();
        var frame = new byte[FrameFormat.MaxCompressed];
        for (var again = 0; again < 2; again++)
        {
            var length = compressor.Compress(content, frame);
            var back = new byte[content.Length];
            Assert.Equal(content.Length, decompressor.Decompress(frame.AsSpan(0, length), back));
            Assert.Equal(content, back);
        }
    }

    [Property(MaxTest = 500, Arbitrary = [typeof(Contents)])]
    public void A_damaged_frame_is_refused_and_the_next_one_read(byte[] content, int place, byte value)
    {
        foreach (var native in new[] { true, false })
        {
            using var compressor = Library(native).CreateCompressor(1);
            using var decompressor = Library(native).CreateDecompressor();
            var whole = new byte[FrameFormat.MaxCompressed];
            whole = whole[..compressor.Compress(content, whole)];
            var back = new byte[content.Length];

            byte[] changed = [.. whole];
            changed[(int)((uint)place % changed.Length)] ^= (byte)(value | 1);
            Assert.InRange(decompressor.Decompress(changed, back) ?? 0, 0, back.Length);
            Assert.Null(decompressor.Decompress(whole.AsSpan(0, (int)((uint)place % whole.Length)), back) is > 0 and var cut ? cut : null);
            Assert.Null(decompressor.Decompress(whole, back.AsSpan(0, back.Length - 1)));
            Assert.Equal(content.Length, decompressor.Decompress(whole, back));
            Assert.Equal(content, back);
        }
    }

    [Property(MaxTest = 500)]
    public void Bytes_that_are_no_frame_are_refused(byte[] bytes)
    {
        foreach (var native in new[] { true, false })
        {
            using var decompressor = Library(native).CreateDecompressor();
            var content = new byte[1000];
            Assert.InRange(decompressor.Decompress(bytes, content) ?? 0, 0, content.Length);
            Assert.InRange(decompressor.Decompress([0x28, 0xB5, 0x2F, 0xFD, .. bytes], content) ?? 0, 0, content.Length);
        }
    }

    private static ZstdLibrary Library(bool native) => native ? ZstdLibrary.Preferred : ZstdLibrary.Managed;

    /// <summary>Content of a byte to a whole frame: noise, text, repeats, and runs of them.</summary>
    public static class Contents
    {
        public static Arbitrary<byte[]> Create()
        {
            var length = Gen.Frequency((8, Gen.Choose(1, 3000)), (2, Gen.Choose(3000, 300_000)), (1, Gen.Constant(FrameFormat.MaxContent)));
            var content =
                from l in length
                from symbols in Gen.Elements(1, 2, 16, 256)
                from period in Gen.Elements(1, 7, 1000, 200_000, int.MaxValue)
                from seed in Gen.Choose(0, 1 << 30)
                select Make(l, symbols, period, seed);
            return content.ToArbitrary();
        }

        private static byte[] Make(int length, int symbols, int period, int seed)
        {
            var random = new Random(seed);
            var content = new byte[length];
            for (var i = 0; i < length; i++)
            {
                content[i] = i >= period ? content[i - period] : (byte)random.Next(symbols);
            }

            return content;
        }
    }
}

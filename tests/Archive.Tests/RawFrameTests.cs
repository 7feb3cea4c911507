using System.Globalization;
using System.IO.Compression;
using System.Text;
using TfeBackup.Archive.Zstd;
using Xunit;

namespace TfeBackup.Archive.Tests;

/// <summary>Content that does not compress is stored in raw blocks, which every zstd reads.</summary>
public sealed class RawFrameTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(FrameFormat.MaxBlock - 1)]
    [InlineData(FrameFormat.MaxBlock)]
    [InlineData(FrameFormat.MaxBlock + 1)]
    [InlineData(FrameFormat.MaxContent)]
    public void Both_libraries_read_one(int length)
    {
        var content = Samples.Random(length, length);
        var frame = new byte[FrameFormat.MaxCompressed];
        frame = frame[..RawFrame.Write(content, frame)];

        Assert.True(FrameHeader.IsHeaderOf(frame, new SeekEntry((uint)frame.Length, (uint)length, null)));
        foreach (var library in new[] { ZstdLibrary.Preferred, ZstdLibrary.Managed })
        {
            using var decompressor = library.CreateDecompressor();
            var back = new byte[length];
            Assert.Equal(length, decompressor.Decompress(frame, back));
            Assert.Equal(content, back);
        }
    }

    [Fact]
    public void Random_and_compressed_content_is_stored_raw()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            Assert.True(RawFrame.IsFor(Samples.Random(FrameFormat.MaxContent >> (seed % 6), seed)));
        }

        var random = new Random(1);
        var words = Enumerable.Range(0, 3000).Select(_ => new string([.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => (char)random.Next('a', 'z' + 1))])).ToArray();
        var text = string.Join(' ', Enumerable.Range(0, 200_000).Select(_ => words[random.Next(words.Length)]));
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        Assert.True(RawFrame.IsFor(packed.ToArray()));
    }

    [Fact]
    public void Content_of_which_a_tenth_compresses_is_compressed()
    {
        byte[][] compressible =
        [
            Encoding.UTF8.GetBytes(Convert.ToBase64String(Samples.Random(150_000, 1))),
            Encoding.UTF8.GetBytes(Convert.ToHexString(Samples.Random(100_000, 2))),
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => i.ToString(CultureInfo.InvariantCulture) + "\tname\n"))),
            new byte[200_000],
        ];
        foreach (var part in compressible)
        {
            Assert.False(RawFrame.IsFor(part));
            var content = Samples.Random(FrameFormat.MaxContent, 3);
            part.AsSpan(0, part.Length).CopyTo(content.AsSpan(900_000));
            Assert.False(RawFrame.IsFor(content));
        }
    }

    [Fact]
    public void What_is_small_is_left_to_the_compressor() => Assert.False(RawFrame.IsFor(Samples.Random((64 << 10) - 1, 1)));
}

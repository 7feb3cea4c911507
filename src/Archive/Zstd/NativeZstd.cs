using System.Runtime.InteropServices;
using ZstdNet;

namespace TfeBackup.Archive.Zstd;

/// <summary>libzstd, which the package ZstdNet brings for the usual platforms. Its memory is not the managed heap's.</summary>
internal sealed class NativeZstd : ZstdLibrary
{
    private NativeZstd()
    {
    }

    /// <summary>The library; null where there is none for this platform, or this system is too old for it.</summary>
    public static NativeZstd? TryLoad() =>
        NativeLibrary.TryLoad("libzstd", typeof(Compressor).Assembly, null, out _) ? new NativeZstd() : null;

    public override IZstdCompressor CreateCompressor(int level) => new NativeCompressor(level);

    public override IZstdDecompressor CreateDecompressor() => new NativeDecompressor();

    private sealed class NativeCompressor : IZstdCompressor
    {
        private readonly CompressionOptions _options;
        private readonly Compressor _compressor;

        public NativeCompressor(int level)
        {
            var parameters = new Dictionary<ZSTD_cParameter, int>
            {
                [ZSTD_cParameter.ZSTD_c_checksumFlag] = 0,
                [ZSTD_cParameter.ZSTD_c_contentSizeFlag] = 1,
            };
            _options = new CompressionOptions(null, parameters, level);
            _compressor = new Compressor(_options);
        }

        public int Compress(ReadOnlySpan<byte> content, Span<byte> frame) => _compressor.Wrap(content, frame);

        public void Dispose()
        {
            _compressor.Dispose();
            _options.Dispose();
        }
    }

    private sealed class NativeDecompressor : IZstdDecompressor
    {
        private readonly Decompressor _decompressor = new();

        public int? Decompress(ReadOnlySpan<byte> frame, Span<byte> content)
        {
            try
            {
                return _decompressor.Unwrap(frame, content, bufferSizePrecheck: false);
            }
            catch (ZstdException)
            {
                return null;
            }
        }

        public void Dispose() => _decompressor.Dispose();
    }
}

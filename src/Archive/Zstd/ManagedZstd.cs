using ZstdSharp;
using ZstdSharp.Unsafe;

namespace TfeBackup.Archive.Zstd;

/// <summary>ZstdSharp: zstd in C#.</summary>
internal sealed class ManagedZstd : ZstdLibrary
{
    public override IZstdCompressor CreateCompressor(int level) => new ManagedCompressor(level);

    public override IZstdDecompressor CreateDecompressor() => new ManagedDecompressor();

    private sealed class ManagedCompressor : IZstdCompressor
    {
        private readonly Compressor _compressor;

        public ManagedCompressor(int level)
        {
            _compressor = new Compressor(level);
            _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 0);
            _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_contentSizeFlag, 1);
        }

        public int Compress(ReadOnlySpan<byte> content, Span<byte> frame) => _compressor.Wrap(content, frame);

        public void Dispose() => _compressor.Dispose();
    }

    private sealed class ManagedDecompressor : IZstdDecompressor
    {
        private readonly Decompressor _decompressor = new();

        public int? Decompress(ReadOnlySpan<byte> frame, Span<byte> content)
        {
            try
            {
                return _decompressor.TryUnwrap(frame, content, out var written) ? written : null;
            }
            catch (ZstdException)
            {
                return null;
            }
        }

        public void Dispose() => _decompressor.Dispose();
    }
}

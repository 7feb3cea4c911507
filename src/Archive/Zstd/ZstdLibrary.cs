namespace TfeBackup.Archive.Zstd;

/// <summary>An implementation of zstd. Each reads what any other writes.</summary>
internal abstract class ZstdLibrary
{
    /// <summary>The managed one, which runs everywhere.</summary>
    public static ZstdLibrary Managed { get; } = new ManagedZstd();

    /// <summary>The native one, which takes less processor time and nothing to compile; null where this platform cannot load it.</summary>
    public static ZstdLibrary? Native { get; } = NativeZstd.TryLoad();

    /// <summary>The native one where there is one.</summary>
    public static ZstdLibrary Preferred => Native ?? Managed;

    public abstract IZstdCompressor CreateCompressor(int level);

    public abstract IZstdDecompressor CreateDecompressor();
}

using System.Runtime.InteropServices;

namespace TfeBackup.Archive.Age;

/// <summary>
/// scrypt (RFC 7914) with r = 8, p = 1, from libsodium. Native because its 128·r·N bytes (256 MiB at work factor 18) must be
/// gone when the call is over, which a managed heap does not promise.
/// </summary>
internal static partial class Scrypt
{
    private const string Library = "libsodium";
    private const uint BlockSize = 8;

    // From here on (128 MiB) a derivation's memory is what a process is sized for.
    private const int LargeWorkFactor = 17;

    // One derivation at a time in the process: two at once would double a peak that hosts are sized for.
    private static readonly SemaphoreSlim Gate = new(1, 1);

    /// <summary>Derives <paramref name="length"/> bytes. The work cannot be interrupted once it runs.</summary>
    public static async Task<byte[]> DeriveAsync(
        byte[] password, byte[] salt, int workFactor, int length, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => Derive(password, salt, workFactor, length), cancellationToken);
        }
        finally
        {
            Gate.Release();
        }
    }

    private static byte[] Derive(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int workFactor, int length)
    {
        var key = new byte[length];
        if (workFactor >= LargeWorkFactor)
        {
            // The buffers of the transfer before are garbage that nothing else would collect for a while, and the two must not add up. Beside
            // a second of derivation the milliseconds do not count.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }

        var cost = 1UL << workFactor;

        // Chooses the implementation for this processor; may be called any number of times, from any thread.
        if (SodiumInit() < 0 ||
            DeriveNative(password, (nuint)password.Length, salt, (nuint)salt.Length, cost, BlockSize, 1, key, (nuint)length) != 0)
        {
            throw ArchiveException.Unsupported(
                $"The password's work factor is {workFactor}, which needs {(cost >> 10) * BlockSize / 8} MiB of memory for a moment, " +
                "and this machine does not have it. Free memory, or use a larger machine.");
        }

        return key;
    }

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int SodiumInit();

    [LibraryImport(Library, EntryPoint = "crypto_pwhash_scryptsalsa208sha256_ll")]
    private static partial int DeriveNative(
        ReadOnlySpan<byte> password,
        nuint passwordLength,
        ReadOnlySpan<byte> salt,
        nuint saltLength,
        ulong cost,
        uint blockSize,
        uint parallelization,
        Span<byte> key,
        nuint keyLength);
}

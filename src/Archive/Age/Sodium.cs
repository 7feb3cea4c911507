using System.Runtime.InteropServices;

namespace TfeBackup.Archive.Age;

/// <summary>Curve25519 from libsodium: X25519 (RFC 7748) and Ed25519 (RFC 8032), in constant time.</summary>
/// <remarks>
/// libsodium is here for scrypt already. Its X25519 refuses the points of low order, as age demands, and its Ed25519 refuses what more than
/// one signature could stand for: keys and points of low order, and numbers that are not reduced.
/// </remarks>
internal static partial class Sodium
{
    public const int KeySize = 32;
    public const int SignatureSize = 64;

    private const string Library = "libsodium";
    private const int SecretSignKeySize = 64;

    /// <summary>The public key of a secret scalar.</summary>
    public static byte[] X25519Base(ReadOnlySpan<byte> scalar)
    {
        var point = new byte[KeySize];
        return ScalarMultBase(point, scalar) == 0 ? point : throw new InvalidOperationException("libsodium could not multiply.");
    }

    /// <summary>The shared secret; false where the point is of low order, so that the secret would be all zeros whatever the scalar.</summary>
    public static bool TryX25519(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> point, Span<byte> shared) =>
        ScalarMult(shared, scalar, point) == 0 && shared.ContainsAnyExcept((byte)0);

    /// <summary>The public key of an Ed25519 seed.</summary>
    public static byte[] Ed25519Public(ReadOnlySpan<byte> seed)
    {
        Span<byte> secret = stackalloc byte[SecretSignKeySize];
        var key = new byte[KeySize];
        _ = SignSeedKeyPair(key, secret, seed);
        secret.Clear();
        return key;
    }

    public static byte[] Ed25519Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        Span<byte> secret = stackalloc byte[SecretSignKeySize];
        Span<byte> key = stackalloc byte[KeySize];
        var signature = new byte[SignatureSize];
        _ = SignSeedKeyPair(key, secret, seed);
        _ = SignDetached(signature, 0, message, (ulong)message.Length, secret);
        secret.Clear();
        return signature;
    }

    public static bool Ed25519Verify(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureSize && VerifyDetached(signature, message, (ulong)message.Length, key) == 0;

    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519")]
    private static partial int ScalarMult(Span<byte> shared, ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> point);

    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519_base")]
    private static partial int ScalarMultBase(Span<byte> point, ReadOnlySpan<byte> scalar);

    [LibraryImport(Library, EntryPoint = "crypto_sign_ed25519_seed_keypair")]
    private static partial int SignSeedKeyPair(Span<byte> key, Span<byte> secret, ReadOnlySpan<byte> seed);

    [LibraryImport(Library, EntryPoint = "crypto_sign_ed25519_detached")]
    private static partial int SignDetached(Span<byte> signature, nint signatureLength, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> secret);

    [LibraryImport(Library, EntryPoint = "crypto_sign_ed25519_verify_detached")]
    private static partial int VerifyDetached(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> key);
}

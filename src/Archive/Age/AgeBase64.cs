using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace TfeBackup.Archive.Age;

/// <summary>
/// The base64 of age headers: standard alphabet, no padding, and canonical, that is, with unused trailing bits zero, so that
/// no two texts mean the same bytes.
/// </summary>
internal static class AgeBase64
{
    public static string Encode(ReadOnlySpan<byte> data) => Convert.ToBase64String(data).TrimEnd('=');

    public static bool TryDecode(ReadOnlySpan<byte> text, [NotNullWhen(true)] out byte[]? data)
    {
        data = null;
        var rest = text.Length % 4;
        if (rest == 1 || text.IndexOfAnyExcept(Alphabet) >= 0)
        {
            return false;
        }

        var padded = new byte[text.Length + (rest == 0 ? 0 : 4 - rest)];
        text.CopyTo(padded);
        padded.AsSpan(text.Length).Fill((byte)'=');
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        if (Base64.DecodeFromUtf8(padded, decoded, out _, out var written) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        // Decoders differ on stray trailing bits; encoding again is the test that does not depend on this one's habits.
        var result = decoded[..written];
        if (!text.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(Encode(result))))
        {
            return false;
        }

        data = result;
        return true;
    }

    private static readonly System.Buffers.SearchValues<byte> Alphabet =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);
}

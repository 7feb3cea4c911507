using System.Buffers;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>A text as hexadecimal digits, the form in which PostgreSQL prints a <c>bytea</c>.</summary>
internal static class HexText
{
    private const int FirstLook = 256;

    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary><see cref="ICopyCodec.Prefix"/> in this form.</summary>
    public static ReadOnlySpan<byte> Prefix => "7661756c743a"u8;

    /// <summary>Gets a codec's match in the text that begins with these digits; positions and lengths are those of the digits.</summary>
    public static CopyMatch Match(ICopyCodec codec, ReadOnlySpan<byte> rest, bool complete)
    {
        // Only as far as the codec wants to see: a bytea may go on for a gigabyte.
        for (var length = FirstLook; ; length *= 2)
        {
            var digits = rest[..Math.Min(rest.Length, 2 * length)].IndexOfAnyExcept(Digits);
            var ends = digits >= 0 || (complete && rest.Length <= 2 * length);
            digits = (digits >= 0 ? digits : Math.Min(rest.Length, 2 * length)) / 2 * 2;
            var match = codec.Match(Convert.FromHexString(System.Text.Encoding.ASCII.GetString(rest[..digits])), ends);
            if (match.Kind != CopyMatchKind.NeedMore || rest.Length <= 2 * length)
            {
                return match with { Length = 2 * match.Length, IsHex = true };
            }
        }
    }
}

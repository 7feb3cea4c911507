using System.Buffers;

namespace TfeBackup.Archive.Packs;

/// <summary>Hashes as text.</summary>
internal static class Hex
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    public static bool IsSha256(string? text) => text is { Length: 64 } && !text.AsSpan().ContainsAnyExcept(Digits);
}

using System.Security.Cryptography;

namespace TfeBackup.Archive.Packs;

/// <summary>Text files of keys (RFC 7468).</summary>
internal static class Pem
{
    /// <summary>The base64 text of the one section of a file; null where there is none of that label.</summary>
    public static string? Read(string text, string label) =>
        PemEncoding.TryFind(text, out var fields) && text[fields.Label] == label
            ? string.Concat(text[fields.Base64Data].Where(c => !char.IsWhiteSpace(c)))
            : null;

    public static string Write(string label, string base64) => $"-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n";
}

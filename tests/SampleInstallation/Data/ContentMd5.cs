using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace TfeBackup.SampleInstallation.Data;

/// <summary>The checksum that Terraform's <c>http</c> backend sends and checks as <c>Content-MD5</c>.</summary>
internal static class ContentMd5
{
    [SuppressMessage("Security", "CA5351", Justification = "The protocol's checksum against accidents; nothing here rests on it against attackers.")]
    public static byte[] Compute(byte[] content) => MD5.HashData(content);
}

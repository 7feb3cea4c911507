using System.Text;
using TfeBackup.Archive.Age;
using TfeBackup.SampleInstallation.Vault;

namespace TfeBackup.SampleInstallation.Objects;

/// <summary>
/// Objects encrypted at rest: a short one as Transit ciphertext, any other as an age file whose key Transit has wrapped.
/// </summary>
internal sealed class EncryptedObjects(IObjects objects, VaultTransit vault)
{
    private const int LongestDirect = 1024;
    private const string StanzaType = "vault-transit";

    private static ReadOnlySpan<byte> TransitPrefix => "vault:v"u8;

    /// <summary>Encrypts and writes an object.</summary>
    public async Task WriteAsync(string key, byte[] content, CancellationToken cancellationToken)
    {
        if (content.Length <= LongestDirect)
        {
            var ciphertext = await vault.EncryptAsync(vault.ObjectKey, content, cancellationToken);
            await objects.WriteAsync(key, Encoding.ASCII.GetBytes(ciphertext), cancellationToken);
            return;
        }

        var fileKey = AgeFile.CreateFileKey();
        var wrapped = await vault.EncryptAsync(vault.ObjectKey, fileKey, cancellationToken);
        var stanza = new AgeStanza(StanzaType, [vault.ObjectKey], Encoding.ASCII.GetBytes(wrapped));
        using var file = new MemoryStream();
        await using (var payload = await AgeFile.CreateEncryptingStreamAsync(file, [stanza], fileKey, cancellationToken))
        {
            await payload.WriteAsync(content, cancellationToken);
            await payload.CompleteAsync(cancellationToken);
        }

        await objects.WriteAsync(key, file.ToArray(), cancellationToken);
    }

    /// <summary>Reads and decrypts an object; null where there is none.</summary>
    public async Task<byte[]?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        if (await objects.ReadAsync(key, cancellationToken) is not { } stored)
        {
            return null;
        }

        if (stored.AsSpan().StartsWith(TransitPrefix))
        {
            return await vault.DecryptAsync(vault.ObjectKey, Encoding.ASCII.GetString(stored), cancellationToken);
        }

        using var file = new MemoryStream(stored);
        var header = await AgeHeader.ReadAsync(file, cancellationToken);
        var stanza = header.Stanzas.FirstOrDefault(s => s.Type == StanzaType)
            ?? throw new InvalidDataException($"Object {key} is not encrypted by Vault.");
        var fileKey = await vault.DecryptAsync(stanza.Arguments[0], Encoding.ASCII.GetString(stanza.Body.Span), cancellationToken);
        await using var payload = await AgeFile.CreateDecryptingStreamAsync(header, file, fileKey, cancellationToken);
        using var content = new MemoryStream();
        await payload.CopyToAsync(content, cancellationToken);
        return content.ToArray();
    }
}

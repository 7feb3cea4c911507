using System.Text;
using TfeBackup.Archive;
using TfeBackup.Archive.Age;
using TfeBackup.Engine.Vault;

namespace TfeBackup.Engine.Objects;

/// <summary>
/// Stages a backup's objects, encrypted again in the form they had at rest, under the target's object key. Values for Vault
/// travel in batches, and so do the file keys, which are made ahead.
/// </summary>
/// <param name="staging">Takes the objects.</param>
/// <param name="transit">Encrypts; may be null where no object is declared encrypted.</param>
/// <param name="rules">The target's object key, if its store is declared encrypted.</param>
public sealed class ObjectRestore(IObjectStaging staging, TransitClient? transit, EncryptionRules rules)
{
    private const int LongestValue = 16 << 20;
    private const int SmallObject = 256 << 10;
    private const int WaitingBytes = 4 << 20;
    private const int WaitingObjects = 500;
    private const int MostKeysAhead = 500;

    private readonly List<(ArchiveObject Header, byte[] Content)> _waiting = [];
    private readonly Queue<(byte[] FileKey, AgeStanza Stanza)> _keys = new();
    private long _waitingBytes;
    private int _keysAhead = 8;

    /// <summary>
    /// Adds the next object, in ascending order of the keys' UTF-8 bytes. It may be staged only with a later one, or by
    /// <see cref="CompleteAsync"/>.
    /// </summary>
    /// <param name="header">What the backup says about it.</param>
    /// <param name="plainContent">Its content, exactly <see cref="ArchiveObject.Length"/> bytes; read before this returns.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Unsupported"/> for an object that was encrypted where this installation's store is not declared
    /// encrypted, or that the store cannot hold; <see cref="EngineError.Unavailable"/> where store or Vault does not answer.
    /// </exception>
    public async Task AddAsync(ArchiveObject header, Stream plainContent, CancellationToken cancellationToken)
    {
        Check(header);
        bool isValue = header.TransitForm == ObjectForm.Value;
        if (isValue || (_waiting.Count > 0 && header.Length <= SmallObject))
        {
            byte[] content = new byte[header.Length];
            await plainContent.ReadExactlyAsync(content, cancellationToken).ConfigureAwait(false);
            if (await plainContent.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) != 0)
            {
                throw new InvalidDataException($"The content of {ObjectKey.Quote(header.Key)} is longer than the {header.Length} bytes it is to have.");
            }

            _waiting.Add((header, content));
            _waitingBytes += content.Length;
            if (_waiting.Count >= WaitingObjects || _waitingBytes >= WaitingBytes)
            {
                await CompleteAsync(cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        await CompleteAsync(cancellationToken).ConfigureAwait(false);
        await StageAsync(header, plainContent, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stages what waits for its batch. To be called before the staging is sealed.</summary>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        string[] plaintexts = [.. _waiting.Where(w => w.Header.TransitForm == ObjectForm.Value).Select(w => Convert.ToBase64String(w.Content))];
        IReadOnlyList<TransitResult> results = await transit!.EncryptAsync(rules.ObjectKey!, plaintexts, cancellationToken).ConfigureAwait(false);
        int next = 0;
        foreach ((ArchiveObject header, byte[] content) in _waiting)
        {
            byte[] bytes = header.TransitForm == ObjectForm.Value
                ? Encoding.ASCII.GetBytes(Ciphertext(results[next++], $"the object {ObjectKey.Quote(header.Key)}"))
                : content;
            using MemoryStream stream = new(bytes, writable: false);
            await (header.TransitForm == ObjectForm.Value
                ? staging.AddAsync(Header(header, bytes.Length), stream, cancellationToken)
                : StageAsync(header, stream, cancellationToken)).ConfigureAwait(false);
        }

        _waiting.Clear();
        _waitingBytes = 0;
    }

    private static ObjectHeader Header(ArchiveObject header, long length) =>
        new(header.Key, length) { ContentType = header.ContentType, Metadata = header.Metadata };

    private void Check(ArchiveObject header)
    {
        if (header.TransitForm is null && header.TransitKey is null)
        {
            return;
        }

        if (!rules.ObjectsEncrypted || transit is null)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"The backup's object {ObjectKey.Quote(header.Key)} was encrypted by Vault, and this installation's object store is not declared encrypted: "
                + "set Vault:Address and Vault:App (or Vault:ObjectKey), and ObjectStore:Encrypted to true.");
        }

        if (header.TransitForm is not (ObjectForm.Value or ObjectForm.Age))
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"The backup's object {ObjectKey.Quote(header.Key)} was encrypted in the form '{header.TransitForm}', which this version does not know.");
        }

        if (header.TransitForm == ObjectForm.Value && header.Length > LongestValue)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"The backup's object {ObjectKey.Quote(header.Key)} is to be one Vault value of {header.Length} bytes; Vault takes no more than {LongestValue}.");
        }
    }

    private async Task StageAsync(ArchiveObject header, Stream plain, CancellationToken cancellationToken)
    {
        if (header.TransitForm is null)
        {
            await staging.AddAsync(Header(header, header.Length), plain, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_keys.Count == 0)
        {
            await MakeKeysAsync(cancellationToken).ConfigureAwait(false);
        }

        (byte[] fileKey, AgeStanza stanza) = _keys.Dequeue();
        AgeStanza[] stanzas = [stanza];
        Stream encrypted = AgeFile.CreateEncryptedContentStream(plain, stanzas, fileKey);
        await using (encrypted.ConfigureAwait(false))
        {
            await staging.AddAsync(Header(header, AgeFile.EncryptedLength(stanzas, header.Length)), encrypted, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes file keys: few at first, more the more are needed.</summary>
    private async Task MakeKeysAsync(CancellationToken cancellationToken)
    {
        byte[][] fileKeys = [.. Enumerable.Range(0, _keysAhead).Select(_ => AgeFile.CreateFileKey())];
        IReadOnlyList<TransitResult> wrapped = await transit!.EncryptAsync(
            rules.ObjectKey!, Array.ConvertAll(fileKeys, Convert.ToBase64String), cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < fileKeys.Length; i++)
        {
            byte[] body = Encoding.ASCII.GetBytes(Ciphertext(wrapped[i], "the file key of an object"));
            _keys.Enqueue((fileKeys[i], new AgeStanza(ObjectForm.Stanza, [rules.ObjectKey!], body)));
        }

        _keysAhead = Math.Min(_keysAhead * 2, MostKeysAhead);
    }

    private string Ciphertext(TransitResult result, string what) => result.Error is null
        ? result.Text!
        : throw new EngineException(EngineError.Unavailable, $"Vault does not encrypt {what} (key '{rules.ObjectKey}'): {result.Error}.");
}

using System.Text;
using TfeBackup.Archive;
using TfeBackup.Archive.Age;
using TfeBackup.Engine.Objects.AtRest;
using TfeBackup.Engine.Vault;

namespace TfeBackup.Engine.Objects;

/// <summary>
/// Stages a backup's objects, encrypted again in the form they had at rest, under the target's object key. File keys are made
/// ahead and wrapped in batches. Values wait for others, since Vault takes as long for one as for hundreds, and with them small objects that come
/// between: a staging takes objects in their order.
/// </summary>
/// <remarks>What waits is staged by <see cref="SealAsync"/> at the latest, so nothing can be left behind: without it the staging is worth nothing.</remarks>
/// <param name="staging">Takes the objects.</param>
/// <param name="transit">Encrypts; may be null where no object is declared encrypted.</param>
/// <param name="rules">The target's object key, if its store is declared encrypted.</param>
internal sealed class ObjectRestore(IObjectStaging staging, TransitClient? transit, EncryptionRules rules)
{
    private const int LongestValue = 16 << 20;
    private const int MostKeysAhead = 1000;

    // What may wait, and what may be kept waiting by it.
    private const int MostWaiting = 500;
    private const int MostWaitingBytes = 4 << 20;
    private const int SmallObject = 64 << 10;

    private readonly List<(ArchiveObject Header, byte[] Content)> _waiting = [];
    private readonly Queue<(byte[] FileKey, AgeStanza Stanza)> _keys = new();
    private int _keysAhead = 8;
    private long _waitingBytes;

    /// <summary>Takes the next object, in ascending order of the keys' UTF-8 bytes, and stages it now or together with later ones.</summary>
    /// <param name="header">Its key, length and metadata in the backup.</param>
    /// <param name="plainContent">Its content, exactly <see cref="ArchiveObject.Length"/> bytes.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Unsupported"/> for an object that was encrypted where this installation's store is not declared
    /// encrypted, or that the store cannot hold; <see cref="EngineError.Unavailable"/> where store or Vault does not answer. It may be about
    /// an earlier object, which it names.
    /// </exception>
    public async Task AddAsync(ArchiveObject header, Stream plainContent, CancellationToken cancellationToken)
    {
        Check(header);
        if (_waiting.Count == MostWaiting || _waitingBytes + header.Length > MostWaitingBytes)
        {
            await StageWaitingAsync(cancellationToken);
        }

        if (header.TransitForm != ObjectForm.Value && (_waiting.Count == 0 || header.Length > SmallObject))
        {
            await StageWaitingAsync(cancellationToken);
            await StageAsync(header, plainContent, cancellationToken);
            return;
        }

        _waiting.Add((header, await ReadAsync(header, plainContent, cancellationToken)));
        _waitingBytes += header.Length;
    }

    /// <summary>Stages the remaining objects and seals the staging.</summary>
    /// <param name="commitToken">Text by which a later process finds out whether to promote; kept with the staging.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="EngineException">As <see cref="AddAsync"/>.</exception>
    public async Task SealAsync(string commitToken, CancellationToken cancellationToken)
    {
        await StageWaitingAsync(cancellationToken);
        await staging.SealAsync(commitToken, cancellationToken);
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
            throw Unsupported(
                $"The backup's object {ObjectKey.Quote(header.Key)} was encrypted by Vault, but this installation's object store is not declared encrypted: "
                + "set Vault:Address and Vault:App (or Vault:ObjectKey), and ObjectStore:Encrypted to true.");
        }

        if (header.TransitForm is not (ObjectForm.Value or ObjectForm.Age))
        {
            throw Unsupported(
                $"The backup's object {ObjectKey.Quote(header.Key)} was encrypted in the unknown form '{header.TransitForm}'. Use the version of the program that made the backup.");
        }

        if (header.TransitForm == ObjectForm.Value && header.Length > LongestValue)
        {
            throw Unsupported(
                $"The backup's object {ObjectKey.Quote(header.Key)} is a single Vault value of {header.Length} bytes; Vault accepts at most {LongestValue}.");
        }
    }

    private static EngineException Unsupported(string message) => new(EngineError.Unsupported, message) { IsOfBackup = true };

    private static async Task<byte[]> ReadAsync(ArchiveObject header, Stream plain, CancellationToken cancellationToken)
    {
        // Memory follows what is there, not what a header says there is.
        MemoryStream content = new();
        ExactLengthStream source = new(
            plain, header.Length, how => new InvalidDataException($"The content of {ObjectKey.Quote(header.Key)} has the wrong length: {how}."));
        await source.CopyToAsync(content, cancellationToken);
        return content.ToArray();
    }

    /// <summary>Stages an object that is no value.</summary>
    private Task StageAsync(ArchiveObject header, Stream plain, CancellationToken cancellationToken) => header.TransitForm == ObjectForm.Age
        ? StageAgeAsync(header, plain, cancellationToken)
        : staging.AddAsync(Header(header, header.Length), plain, cancellationToken);

    private async Task StageWaitingAsync(CancellationToken cancellationToken)
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        string[] plaintexts =
            [.. _waiting.Where(waiting => waiting.Header.TransitForm == ObjectForm.Value).Select(waiting => Convert.ToBase64String(waiting.Content))];
        var values = await transit!.EncryptAsync(rules.ObjectKey!, plaintexts, cancellationToken);
        var next = 0;
        foreach ((var header, var content) in _waiting)
        {
            if (header.TransitForm != ObjectForm.Value)
            {
                using MemoryStream plain = new(content, writable: false);
                await StageAsync(header, plain, cancellationToken);
                continue;
            }

            var ciphertext = Ciphertext(values[next++], $"the object {ObjectKey.Quote(header.Key)}");
            using MemoryStream stored = new(Encoding.ASCII.GetBytes(ciphertext), writable: false);
            await staging.AddAsync(Header(header, stored.Length), stored, cancellationToken);
        }

        _waiting.Clear();
        _waitingBytes = 0;
    }

    private async Task StageAgeAsync(ArchiveObject header, Stream plain, CancellationToken cancellationToken)
    {
        if (_keys.Count == 0)
        {
            await CreateKeysAsync(cancellationToken);
        }

        (var fileKey, var stanza) = _keys.Dequeue();
        AgeStanza[] stanzas = [stanza];
        var encrypted = AgeFile.CreateEncryptedContentStream(plain, stanzas, fileKey);
        await using (encrypted)
        {
            await staging.AddAsync(Header(header, AgeFile.EncryptedLength(stanzas, header.Length)), encrypted, cancellationToken);
        }
    }

    /// <summary>Makes file keys: few at first, more the more are needed.</summary>
    private async Task CreateKeysAsync(CancellationToken cancellationToken)
    {
        byte[][] fileKeys = [.. Enumerable.Range(0, _keysAhead).Select(_ => AgeFile.CreateFileKey())];
        var wrapped = await transit!.EncryptAsync(
            rules.ObjectKey!, Array.ConvertAll(fileKeys, Convert.ToBase64String), cancellationToken);
        for (var i = 0; i < fileKeys.Length; i++)
        {
            var body = Encoding.ASCII.GetBytes(Ciphertext(wrapped[i], "the file key of an object"));
            _keys.Enqueue((fileKeys[i], new AgeStanza(ObjectForm.Stanza, [rules.ObjectKey!], body)));
        }

        _keysAhead = Math.Min(_keysAhead * 2, MostKeysAhead);
    }

    private string Ciphertext(TransitResult result, string what) => result.Error is null
        ? result.Text!
        : throw new EngineException(EngineError.Unavailable, $"Vault cannot encrypt {what} (key '{rules.ObjectKey}'): {result.Error}.");
}

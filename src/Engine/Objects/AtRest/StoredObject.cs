using System.Text;
using TfeBackup.Archive;
using TfeBackup.Archive.Age;
using TfeBackup.Engine.Vault;
using TfeBackup.Engine.Vault.Copy;

namespace TfeBackup.Engine.Objects.AtRest;

/// <summary>
/// An object as the store holds it, opened, and what Vault has to do with it: nothing, or a text to decrypt before its content
/// can be read.
/// </summary>
internal sealed class StoredObject
{
    /// <summary>Objects that begin otherwise are no age files of this kind.</summary>
    private static readonly byte[] AgePrefix = Encoding.ASCII.GetBytes($"age-encryption.org/v1\n-> {ObjectForm.Stanza} ");

    private readonly string _store;
    private readonly ObjectHeader _header;
    private readonly Stream _content;
    private readonly AgeHeader? _age;

    private StoredObject(string store, ObjectHeader header, Stream content, string? form, string? transitKey, string? wrapped, AgeHeader? age)
    {
        (_store, _header, _content, _age) = (store, header, content, age);
        (Form, TransitKey, Wrapped) = (form, transitKey, wrapped);
    }

    /// <summary>Its key.</summary>
    public string Key => _header.Key;

    /// <summary>The form of encryption; null if it is not encrypted.</summary>
    public string? Form { get; }

    /// <summary>The Transit key; null if it is not encrypted.</summary>
    public string? TransitKey { get; }

    /// <summary>The ciphertext for Vault to decrypt, <c>vault:v&lt;n&gt;:…</c>; null if it is not encrypted.</summary>
    public string? Wrapped { get; }

    /// <summary>Looks at the beginning of an object of any size.</summary>
    /// <param name="store">The store's description.</param>
    /// <param name="header">Its key, length and metadata.</param>
    /// <param name="content">Its bytes; a seekable stream for one that is in memory, which alone can be a value.</param>
    /// <param name="rules">Say whether it may be encrypted.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public static async Task<StoredObject> InspectAsync(
        string store, ObjectHeader header, Stream content, EncryptionRules rules, CancellationToken cancellationToken)
    {
        if (!rules.ObjectsEncrypted)
        {
            return Plain(content);
        }

        if (content is MemoryStream memory && Value(memory) is { } value)
        {
            return new StoredObject(store, header, content, ObjectForm.Value, rules.ObjectKey, value, null);
        }

        var prefix = new byte[Math.Min(AgePrefix.Length, header.Length)];
        await content.ReadExactlyAsync(prefix, cancellationToken);
        Stream whole = new PrefixedStream(prefix, content);
        if (!prefix.AsSpan().SequenceEqual(AgePrefix))
        {
            return Plain(whole);
        }

        try
        {
            var age = await AgeHeader.ReadAsync(whole, cancellationToken);
            return age.Stanzas is [{ Type: ObjectForm.Stanza, Arguments: [var key], Body: var body }] && TransitKeyName.IsValid(key)
                ? new StoredObject(store, header, whole, ObjectForm.Age, key, Encoding.ASCII.GetString(body.Span), age)
                : throw Damaged(store, header.Key, "its header must have a single vault-transit stanza that names a Transit key.", null);
        }
        catch (ArchiveException e)
        {
            throw Damaged(store, header.Key, e.Message, e);
        }

        StoredObject Plain(Stream stream) => new(store, header, stream, null, null, null, null);
    }

    /// <summary>Opens the plain content with Vault's result for <see cref="Wrapped"/>.</summary>
    /// <param name="unwrapped">Vault's result; anything for an object that is not encrypted.</param>
    /// <param name="changed">Gets whether the object was written to while it was read; called at its end.</param>
    /// <param name="release">Releases what the object holds.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<SourceObject> ToSourceAsync(
        TransitResult unwrapped, Func<bool> changed, Func<ValueTask> release, CancellationToken cancellationToken)
    {
        if (Wrapped is null)
        {
            return Source(_header.Length, _content);
        }

        RequireDecrypted(unwrapped);
        var secret = Convert.FromBase64String(unwrapped.Text!);
        if (_age is null)
        {
            return Source(secret.Length, new MemoryStream(secret, writable: false));
        }

        try
        {
            if (secret.Length != AgeFile.FileKeySize)
            {
                throw Damaged(_store, _header.Key, $"its file key has {secret.Length} bytes instead of {AgeFile.FileKeySize}.", null);
            }

            var length = AgeFile.PlainLength(_header.Length - _age.Length);
            Stream plain = await AgeFile.CreateDecryptingStreamAsync(_age, _content, secret, cancellationToken);
            return Source(length, new ExactLengthStream(
                plain,
                length,
                how => Damaged(_store, _header.Key, how + ".", null),
                translate: e => e is ArchiveException ? Damaged(_store, _header.Key, e.Message, e) : null));
        }
        catch (ArchiveException e)
        {
            throw Damaged(_store, _header.Key, e.Message, e);
        }

        SourceObject Source(long length, Stream content) => new(
            _header.Key,
            new ArchiveObject(_header.Key, length)
            {
                ContentType = _header.ContentType,
                Metadata = _header.Metadata,
                TransitKey = TransitKey,
                TransitForm = Form,
            },
            content,
            async () =>
            {
                await content.DisposeAsync();
                await release();
            })
        { Changed = changed };
    }

    /// <summary>Requires that Vault decrypted <see cref="Wrapped"/>.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.CorruptSource"/>, naming the object and Vault's reason.</exception>
    public void RequireDecrypted(TransitResult unwrapped)
    {
        if (unwrapped.Error is { } error)
        {
            throw new EngineException(
                EngineError.CorruptSource,
                $"Vault cannot decrypt {(Form == ObjectForm.Age ? "the file key of " : "")}the object {ObjectKey.Quote(_header.Key)} of {_store} (key '{TransitKey}'): {error}. "
                + "Restore the Transit key or the key version it was written with, or remove the object.");
        }
    }

    private static string? Value(MemoryStream memory)
    {
        ReadOnlySpan<byte> bytes = memory.GetBuffer().AsSpan(0, (int)memory.Length);
        return Grammar.CiphertextHead(bytes, complete: true) is > 0 and int head && bytes.Length > head
            && !bytes[head..].ContainsAnyExcept(Grammar.Base64)
            ? Encoding.ASCII.GetString(bytes)
            : null;
    }

    private static EngineException Damaged(string store, string key, string how, Exception? cause) => new(
        EngineError.CorruptSource,
        $"The object {ObjectKey.Quote(key)} of {store} is damaged and cannot be decrypted: {how} Replace it with a good copy, or remove it.", cause);
}

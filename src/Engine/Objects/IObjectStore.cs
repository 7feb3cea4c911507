namespace TfeBackup.Engine.Objects;

/// <summary>
/// An installation's objects: a mounted directory or a Blob container. Objects are named by key: UTF-8 text without NUL; a directory takes only
/// those that are paths (<see cref="ObjectKey.IsPath"/>). Keys below <see cref="ReservedPrefix"/> are the store's own
/// (restores stage there): they are never listed, opened or accepted.
/// </summary>
public interface IObjectStore
{
    /// <summary>The prefix of the store's own keys.</summary>
    const string ReservedPrefix = ".tfe-backup/";

    /// <summary>The store's location, for messages: a path, or account and container. Never a secret.</summary>
    string Description { get; }

    /// <summary>Names that settings leave out: keys, or beginnings of keys that end in a slash.</summary>
    IReadOnlyList<string> Exclusions => [];

    /// <summary>Gets how many bytes a restore can stage here; null where nothing limits it or nobody knows.</summary>
    long? FindFreeBytes() => null;

    /// <summary>Checks that the store answers and can be listed.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/>, naming the store and the reason.</exception>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>True if the store holds any object.</summary>
    Task<bool> AnyAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Lists every object in strictly ascending order of the keys' UTF-8 bytes, holding a bounded number in memory. What cannot be carried is
    /// listed with its <see cref="ObjectInfo.Problem"/>: names that are no keys, links, blobs in the archive tier, files that may not be read.
    /// </summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(CancellationToken cancellationToken);

    /// <summary>Prepares two listings around a moment, between which nothing is missed.</summary>
    IObjectWatch Watch();

    /// <summary>Opens an object for reading from its start; null if there is none with that key.</summary>
    /// <remarks>
    /// The length is the one the object had when it was opened; a stream that would yield less, because the object was changed meanwhile, throws
    /// <see cref="EngineException"/> (<see cref="EngineError.CorruptSource"/>). Where somebody wrote to the object and that many bytes are there
    /// all the same, <see cref="ObjectContent.Changed"/> says so at the end.
    /// </remarks>
    Task<ObjectContent?> OpenAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Begins a staging: a set of new objects, invisible until promoted. Tries first whatever could forbid its promotion.
    /// </summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unsupported"/>, with the first names, where something does.</exception>
    /// <param name="id">Names it; letters, digits and hyphens.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    Task<IObjectStaging> CreateStagingAsync(string id, CancellationToken cancellationToken);

    /// <summary>The stagings that earlier processes left behind.</summary>
    Task<IReadOnlyList<IObjectStaging>> FindStagingsAsync(CancellationToken cancellationToken);

    /// <summary>Reads the small document that restores keep in the store below its own prefix; null if there is none.</summary>
    Task<byte[]?> ReadLedgerAsync(CancellationToken cancellationToken);

    /// <summary>Writes that document: durably, and whole or not at all.</summary>
    Task WriteLedgerAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken);
}

/// <summary>
/// Objects that are to replace a store's content: added one by one, sealed, then promoted or discarded. Everything needed
/// to promote or discard it is in the store, so that another process can do either after a crash.
/// </summary>
public interface IObjectStaging : IAsyncDisposable
{
    /// <summary>The name it was created with.</summary>
    string Id { get; }

    /// <summary>
    /// The token given to <see cref="SealAsync"/>; null for a staging that was never sealed, which can only be discarded.
    /// </summary>
    string? CommitToken { get; }

    /// <summary>Stages one object. Keys come in strictly ascending order of their UTF-8 bytes.</summary>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Unsupported"/> where the store cannot hold the key (a file name of more than 255 bytes, a key
    /// that needs a directory where an earlier key is a file), naming it.
    /// </exception>
    Task AddAsync(ObjectHeader header, Stream content, CancellationToken cancellationToken);

    /// <summary>
    /// Tries once more whatever could forbid the promotion: leases, holds, policies, tiers, permissions, read-only mounts. Hours may have passed
    /// since the staging began.
    /// </summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unsupported"/>, with the first names, where something does.</exception>
    Task CheckPromotableAsync(CancellationToken cancellationToken);

    /// <summary>Makes the staging durable, complete and promotable. Nothing can be added afterwards.</summary>
    /// <param name="commitToken">Text by which a later process finds out whether to promote; kept with the staging.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    Task SealAsync(string commitToken, CancellationToken cancellationToken);

    /// <summary>
    /// Puts every staged object in its place, then deletes every other object of the store, then removes the staging. May be
    /// run again by any process after it was interrupted anywhere.
    /// </summary>
    Task PromoteAsync(CancellationToken cancellationToken);

    /// <summary>Removes the staging; the store's objects are as they were. May be run again.</summary>
    Task DiscardAsync(CancellationToken cancellationToken);
}

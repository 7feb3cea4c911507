namespace TfeBackup.Engine.Objects;

/// <summary>
/// An installation's objects: a mounted directory or a Blob container. Objects are named by key: UTF-8 text whose segments,
/// between slashes, are neither empty nor <c>.</c> nor <c>..</c>. Keys below <see cref="ReservedPrefix"/> are the store's own
/// (restores stage there): they are never listed, opened or accepted.
/// </summary>
public interface IObjectStore
{
    /// <summary>The prefix of the store's own keys.</summary>
    const string ReservedPrefix = ".tfe-backup/";

    /// <summary>What and where this store is, for messages: a path, or account and container. Never a secret.</summary>
    string Description { get; }

    /// <summary>Checks that the store answers and can be listed.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/>, naming the store and the reason.</exception>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>Whether the store holds any object.</summary>
    Task<bool> AnyAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Lists every object in strictly ascending order of the keys' UTF-8 bytes, holding a bounded number in memory. A name
    /// that is not a valid key stops the listing with <see cref="EngineError.Unsupported"/> and that name.
    /// </summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(CancellationToken cancellationToken);

    /// <summary>Opens an object for reading from its start; null where there is none by that key.</summary>
    /// <remarks>
    /// The length is the one the object had when it was opened; a stream that yields another number of bytes, because the
    /// object was changed meanwhile, throws <see cref="EngineException"/> (<see cref="EngineError.CorruptSource"/>).
    /// </remarks>
    Task<ObjectContent?> OpenAsync(string key, CancellationToken cancellationToken);

    /// <summary>Begins a staging: a set of new objects, invisible until promoted.</summary>
    /// <param name="id">Names it; letters, digits and hyphens.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    Task<IObjectStaging> CreateStagingAsync(string id, CancellationToken cancellationToken);

    /// <summary>The stagings that earlier processes left behind.</summary>
    Task<IReadOnlyList<IObjectStaging>> FindStagingsAsync(CancellationToken cancellationToken);
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
    /// What <see cref="SealAsync"/> was given; null for a staging that was never sealed, which can only be discarded.
    /// </summary>
    string? CommitToken { get; }

    /// <summary>Stages one object. Keys come in strictly ascending order of their UTF-8 bytes.</summary>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Unsupported"/> where the store cannot hold the key (a file name of more than 255 bytes, a key
    /// that needs a directory where an earlier key is a file), naming it.
    /// </exception>
    Task AddAsync(ObjectHeader header, Stream content, CancellationToken cancellationToken);

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

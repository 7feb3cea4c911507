namespace TfeBackup.Engine.Objects;

/// <summary>
/// Lists a store before and after a moment, that of a database snapshot, so that every object of the moment is on one of the two listings: also one
/// that was made after the first had passed its place and is gone before the second comes there.
/// </summary>
public interface IObjectWatch : IDisposable
{
    /// <summary>Why objects of the moment may be on neither listing all the same; null if the store sees to it.</summary>
    string? Gap { get; }

    /// <summary>Begins to watch and lists, as <see cref="IObjectStore.ListAsync"/> does.</summary>
    IAsyncEnumerable<ObjectInfo> ListBeforeAsync(CancellationToken cancellationToken);

    /// <summary>Says that the moment comes next: what is gone by now is no part of it.</summary>
    void AwaitMoment();

    /// <summary>Lists as <see cref="IObjectStore.ListAsync"/> does, and with the rest what has come since the first listing and is gone again.</summary>
    IAsyncEnumerable<ObjectInfo> ListAfterAsync(CancellationToken cancellationToken);
}

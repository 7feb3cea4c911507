using TfeBackup.Engine.Objects;

namespace TfeBackup.TestSupport.ObjectStores;

/// <summary>An empty store for one test, and what the test needs around it.</summary>
public abstract class ObjectStoreFixture : IAsyncDisposable
{
    /// <summary>The store, as a new process would open it.</summary>
    public abstract IObjectStore Open();

    /// <summary>
    /// The store, opened by a process that ends (throws <see cref="SimulatedCrashException"/>) before its change number
    /// <paramref name="change"/>, counted from 0, and at every later one.
    /// </summary>
    public IObjectStore OpenCrashingAt(int change) => OpenWatched(number =>
    {
        if (number >= change)
        {
            throw new SimulatedCrashException();
        }
    });

    /// <summary>The store, opened by a process that is watched: each of its changes, counted from 0, is announced before it is made.</summary>
    public abstract IObjectStore OpenWatched(Action<int> beforeChange);

    /// <summary>The store, with settings that leave objects out.</summary>
    public abstract IObjectStore OpenExcluding(params string[] names);

    /// <summary>The store, where what is deleted can still be known.</summary>
    public virtual IObjectStore OpenRemembering() => Open();

    /// <summary>Writes an object as the application does.</summary>
    public abstract Task PutAsync(string key, ReadOnlyMemory<byte> content);

    /// <summary>Deletes an object as the application does.</summary>
    public abstract Task DeleteAsync(string key);

    /// <summary>Everything the store holds, whatever it is for, as paths or names.</summary>
    public abstract Task<IReadOnlyList<string>> ListEverythingAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

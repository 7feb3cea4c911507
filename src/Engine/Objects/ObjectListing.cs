using System.Text;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Engine.Objects;

/// <summary>
/// A store's objects at one moment, found fit to be carried. Kept in a temporary file where they are many, so that whatever is deleted after it
/// was taken is known to have been there.
/// </summary>
internal sealed class ObjectListing : IDisposable
{
    private const int KeptInMemory = 20_000;
    private const int Buffer = 64 << 10;

    private readonly List<ObjectInfo> _memory = [];
    private FileStream? _file;
    private long _spooled;

    private ObjectListing()
    {
    }

    /// <summary>Keeps a listing of a store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="objects">What it lists.</param>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Unsupported"/>: something there cannot be carried, by name; <see cref="EngineError.InvalidRequest"/>: a setting leaves
    /// out what is not there; <see cref="EngineError.Unavailable"/>.
    /// </exception>
    public static async Task<ObjectListing> TakeAsync(IObjectStore store, IAsyncEnumerable<ObjectInfo> objects)
    {
        var listing = new ObjectListing();
        try
        {
            var found = new HashSet<string>(StringComparer.Ordinal);
            var exclusions = new ObjectExclusions(store.Exclusions);
            await CheckAsync(
                store,
                objects,
                info =>
                {
                    if (!info.Excluded)
                    {
                        listing.Add(info);
                    }
                    else if (found.Count < exclusions.Names.Count && exclusions.Find(info.Key) is { } name)
                    {
                        found.Add(name);
                    }
                });
            return store.Exclusions.FirstOrDefault(name => !found.Contains(name)) is not { } nothing
                ? listing
                : throw new EngineException(
                    EngineError.InvalidRequest,
                    $"The setting ObjectStore:Exclude names {ObjectKey.Quote(nothing)}, but nothing in {store.Description} has that name. "
                    + "Correct or remove the name; a name that ends in '/' is a prefix.");
        }
        catch
        {
            listing.Dispose();
            throw;
        }
    }

    /// <summary>Looks whether all of a store can be carried.</summary>
    /// <param name="store">The store.</param>
    /// <param name="take">Takes each object that a backup would carry.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="EngineException">As <see cref="TakeAsync"/>, but for settings.</exception>
    public static Task CheckAsync(IObjectStore store, Action<ObjectInfo> take, CancellationToken cancellationToken) => CheckAsync(
        store,
        store.ListAsync(cancellationToken),
        info =>
        {
            if (!info.Excluded)
            {
                take(info);
            }
        });

    /// <summary>The union of two listings, in order.</summary>
    public static async IAsyncEnumerable<ObjectInfo> UnionAsync(ObjectListing first, ObjectListing second)
    {
        await using var one = first.ReadAsync().GetAsyncEnumerator();
        await using var other = second.ReadAsync().GetAsyncEnumerator();
        var (hasOne, hasOther) = (await one.MoveNextAsync(), await other.MoveNextAsync());
        while (hasOne || hasOther)
        {
            var order = !hasOther ? -1 : !hasOne ? 1 : ObjectKey.Compare(one.Current.Key, other.Current.Key);
            yield return order < 0 ? one.Current : other.Current;
            hasOne = order <= 0 ? await one.MoveNextAsync() : hasOne;
            hasOther = order >= 0 ? await other.MoveNextAsync() : hasOther;
        }
    }

    /// <summary>The objects, in their order. One reading at a time.</summary>
    public async IAsyncEnumerable<ObjectInfo> ReadAsync()
    {
        // Reads of a file that was just written come out of the system's memory; nobody waits for them.
        await Task.CompletedTask;
        if (_file is not null)
        {
            _file.Position = 0;
            using var reader = new BinaryReader(new BufferedStream(_file, Buffer), Encoding.UTF8, leaveOpen: true);
            for (var i = 0L; i < _spooled; i++)
            {
                yield return new ObjectInfo(reader.ReadString(), reader.Read7BitEncodedInt64());
            }
        }

        foreach (var info in _memory)
        {
            yield return info;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private static async Task CheckAsync(IObjectStore store, IAsyncEnumerable<ObjectInfo> objects, Action<ObjectInfo> take)
    {
        var problems = new ObjectProblems();
        await foreach (var info in objects)
        {
            if (info.Problem is { } problem)
            {
                problems.Add(info.Key, problem);
            }
            else
            {
                take(info);
            }
        }

        problems.Throw($"{store.Description} holds objects that cannot be backed up", "Exclude what is not part of the installation by name with ObjectStore:Exclude.");
    }

    private void Add(ObjectInfo info)
    {
        _memory.Add(info);
        if (_memory.Count < KeptInMemory)
        {
            return;
        }

        _file ??= SpoolFile.Create(Path.GetTempPath(), "keys");
        var buffered = new BufferedStream(_file, Buffer);
        using var writer = new BinaryWriter(buffered, Encoding.UTF8, leaveOpen: true);
        foreach (var item in _memory)
        {
            writer.Write(item.Key);
            writer.Write7BitEncodedInt64(item.Length);
        }

        _spooled += _memory.Count;
        _memory.Clear();
    }
}

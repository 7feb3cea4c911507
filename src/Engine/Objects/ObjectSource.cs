using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TfeBackup.Engine.Objects.AtRest;
using TfeBackup.Engine.Vault;

namespace TfeBackup.Engine.Objects;

/// <summary>
/// Reads a store's objects into a backup: in key order, decrypted where the store is declared encrypted. Small objects are read
/// ahead, several at a time, and what Vault has to unwrap for them is asked in batches; large ones stream when it is their
/// turn. Memory does not depend on the number or size of objects.
/// </summary>
/// <remarks>
/// In a store declared encrypted, an object of up to 4 MiB that is <c>vault:v&lt;n&gt;:…</c> and nothing else, and an age file of
/// any size whose stanza is <c>-> vault-transit &lt;key&gt;</c>, are decrypted; any other object is copied as it is.
/// </remarks>
/// <param name="store">The store.</param>
/// <param name="transit">Decrypts; may be null where no object is declared encrypted.</param>
/// <param name="rules">True if objects are encrypted, and the key of those that are values.</param>
internal sealed class ObjectSource(IObjectStore store, TransitClient? transit, EncryptionRules rules)
{
    private const int SmallObject = 4 << 20;
    private const int AheadBytes = 32 << 20;
    private const int AheadObjects = 1024;
    private const int OpensAtOnce = 8;

    // Vault takes as long for one value as for hundreds, so they wait for each other, for as long as nobody notices.
    private const int ObjectsAtOnce = 750;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(5);

    // A small object that somebody writes to is read so often before it is taken as it was found.
    private const int Attempts = 5;

    /// <summary>
    /// Reads every object of one listing. Each is disposed when the next is asked for, if it was not before.
    /// </summary>
    /// <param name="listing">The objects to read, none with a problem; what is not there any more comes as vanished.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.CorruptSource"/> for an object that cannot be decrypted, naming it;
    /// <see cref="EngineError.Unavailable"/> where store or Vault does not answer.
    /// </exception>
    public async IAsyncEnumerable<SourceObject> ReadAllAsync(
        IAsyncEnumerable<ObjectInfo> listing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (rules.ObjectsEncrypted && transit is null)
        {
            throw new InvalidOperationException("The object store is declared encrypted, but no Vault is configured.");
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ByteBudget budget = new(AheadBytes);
        using SemaphoreSlim opens = new(OpensAtOnce);
        var listed = Channel.CreateBounded<Ahead>(AheadObjects);
        var ready = Channel.CreateBounded<Ahead>(AheadObjects);
        var fetching = FetchAllAsync(listing, listed.Writer, budget, opens, stop.Token);
        var unwrapping = UnwrapAsync(listed.Reader, ready, budget, stop.Token);
        try
        {
            await foreach (var ahead in ready.Reader.ReadAllAsync(cancellationToken))
            {
                ValueTask Release()
                {
                    budget.Return(ahead.Units);
                    return ValueTask.CompletedTask;
                }

                Func<ValueTask> release = ahead.Units > 0 ? Release : static () => ValueTask.CompletedTask;
                var fetched = await ahead.Fetching;
                await using var source = fetched switch
                {
                    { Vanished: true } => new SourceObject(ahead.Key, null, Stream.Null, release),
                    { Stored: { } stored } => await stored.ToSourceAsync(await ahead.Unwrapping, () => fetched.Changed, release, cancellationToken),
                    _ => await OpenLargeAsync(ahead.Key, release, cancellationToken),
                };
                yield return source;
            }
        }
        finally
        {
            // Whether the consumer has all or has had enough: nothing goes on behind its back.
            await stop.CancelAsync();
            await Task.WhenAll(fetching, unwrapping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var i = 0; i < OpensAtOnce; i++)
            {
                await opens.WaitAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>Follows the listing and begins to read the small ones.</summary>
    private async Task FetchAllAsync(
        IAsyncEnumerable<ObjectInfo> listing, ChannelWriter<Ahead> writer, ByteBudget budget, SemaphoreSlim opens, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await foreach (var info in listing.WithCancellation(cancellationToken))
            {
                Ahead ahead = new() { Key = info.Key };
                if (info.Length <= SmallObject)
                {
                    ahead.Units = await budget.TakeAsync(info.Length, cancellationToken);
                    await opens.WaitAsync(cancellationToken);
                    ahead.Fetching = FetchAsync(info, opens, cancellationToken);
                }

                await writer.WriteAsync(ahead, cancellationToken);
            }
        }
        catch (Exception e)
        {
            // It reaches the consumer through the channel, after what was listed before it.
            failure = e;
        }

        writer.Complete(failure);
    }

    private async Task<Fetched> FetchAsync(ObjectInfo info, SemaphoreSlim opens, CancellationToken cancellationToken)
    {
        // The lister goes on at once.
        await Task.Yield();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                await using var opened = await store.OpenAsync(info.Key, cancellationToken);
                if (opened is null)
                {
                    return new Fetched(true, null, false);
                }

                if (opened.Header.Length > Math.Max(info.Length, ushort.MaxValue))
                {
                    // It has grown beyond the memory set aside for it, so it is read when its turn comes.
                    return new Fetched(false, null, false);
                }

                try
                {
                    var bytes = await ReadBytesAsync(opened, cancellationToken);
                    if (!opened.Changed() || attempt == Attempts)
                    {
                        // One that is written to all the time is taken as it was found, and marked.
                        return new Fetched(false, await InspectAsync(opened.Header, bytes, cancellationToken), opened.Changed());
                    }
                }
                catch (EngineException e) when (e.Error == EngineError.CorruptSource && attempt < Attempts)
                {
                    // Changed so that it cannot be read to its end: read again.
                }
            }
        }
        finally
        {
            opens.Release();
        }
    }

    private static async Task<byte[]> ReadBytesAsync(ObjectContent opened, CancellationToken cancellationToken)
    {
        var bytes = GC.AllocateUninitializedArray<byte>((int)opened.Header.Length);
        await opened.Stream.ReadExactlyAsync(bytes, cancellationToken);

        // Only at its end does the stream know whether the object was changed.
        _ = await opened.Stream.ReadAsync(new byte[1], cancellationToken);
        return bytes;
    }

    private Task<StoredObject> InspectAsync(ObjectHeader header, byte[] bytes, CancellationToken cancellationToken) => StoredObject.InspectAsync(
        store.Description, header, new MemoryStream(bytes, 0, bytes.Length, writable: false, publiclyVisible: true), rules, cancellationToken);

    /// <summary>Passes objects on in their order, asking Vault for many at once and not waiting for its answer.</summary>
    private async Task UnwrapAsync(ChannelReader<Ahead> reader, Channel<Ahead> ready, ByteBudget budget, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        List<Task> asked = [];
        try
        {
            while (await TakeAsync(reader, () => budget.IsExhausted && ready.Reader.Count == 0, cancellationToken) is { Count: > 0 } batch)
            {
                // A failed one throws in its turn, after those before it.
                foreach (var group in batch.Where(IsWrapped).GroupBy(a => a.Fetching.Result.Stored!.TransitKey!))
                {
                    Ahead[] wrapped = [.. group];
                    var results = transit!.DecryptAsync(
                        group.Key, Array.ConvertAll(wrapped, a => a.Fetching.Result.Stored!.Wrapped!), cancellationToken);
                    asked.Add(results);
                    for (var i = 0; i < wrapped.Length; i++)
                    {
                        wrapped[i].Unwrapping = ResultAsync(results, i);
                    }
                }

                asked.RemoveAll(static task => task.IsCompletedSuccessfully);
                foreach (var ahead in batch)
                {
                    await ready.Writer.WriteAsync(ahead, cancellationToken);
                }
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        ready.Writer.Complete(failure);
        await Task.WhenAll(asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<TransitResult> ResultAsync(Task<IReadOnlyList<TransitResult>> results, int index) => (await results)[index];

    private static bool IsWrapped(Ahead ahead) => ahead.Fetching.IsCompletedSuccessfully && ahead.Fetching.Result.Stored?.Wrapped is not null;

    /// <summary>The next objects, read: many where Vault has to be asked for some of them, unless they are waited for. None at the end.</summary>
    private static async Task<List<Ahead>> TakeAsync(ChannelReader<Ahead> reader, Func<bool> areWaitedFor, CancellationToken cancellationToken)
    {
        List<Ahead> batch = [];
        var anyWrapped = false;
        var began = Environment.TickCount64;
        while (batch.Count < ObjectsAtOnce)
        {
            if (reader.TryRead(out var next))
            {
                batch.Add(next);
                await ((Task)next.Fetching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                anyWrapped |= IsWrapped(next);
                continue;
            }

            if (batch.Count > 0 && (!anyWrapped || areWaitedFor() || Environment.TickCount64 - began > LongestWait.TotalMilliseconds))
            {
                break;
            }

            var more = reader.WaitToReadAsync(cancellationToken).AsTask();
            if (batch.Count > 0)
            {
                await Task.WhenAny(more, Task.Delay(LookAgain, cancellationToken));
            }

            if ((batch.Count == 0 || more.IsCompleted) && !await more)
            {
                break;
            }

            began = batch.Count == 0 ? Environment.TickCount64 : began;
        }

        return batch;
    }

    private async Task<SourceObject> OpenLargeAsync(string key, Func<ValueTask> release, CancellationToken cancellationToken)
    {
        var opened = await store.OpenAsync(key, cancellationToken);
        if (opened is null)
        {
            return new SourceObject(key, null, Stream.Null, release);
        }

        try
        {
            ShrinkingStream content = new(opened.Stream, opened.Header.Length);
            var stored = opened.Header.Length <= SmallObject
                ? await InspectAsync(opened.Header, await ReadBytesAsync(opened, cancellationToken), cancellationToken)
                : await StoredObject.InspectAsync(store.Description, opened.Header, content, rules, cancellationToken);
            var unwrapped = stored.Wrapped is null
                ? default
                : (await transit!.DecryptAsync(stored.TransitKey!, [stored.Wrapped], cancellationToken))[0];
            return await stored.ToSourceAsync(
                unwrapped,
                () => opened.Changed() || content.WasCut,
                async () =>
                {
                    await opened.DisposeAsync();
                    await release();
                },
                cancellationToken);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>A small object's content, or its absence; neither for a large one, which is opened in its turn.</summary>
    private sealed record Fetched(bool Vanished, StoredObject? Stored, bool Changed);

    private sealed class Ahead
    {
        private static readonly Task<TransitResult> NotWrapped = Task.FromResult<TransitResult>(default);

        private static readonly Task<Fetched> InItsTurn = Task.FromResult(new Fetched(false, null, false));

        public required string Key { get; init; }

        public int Units { get; set; }

        public Task<Fetched> Fetching { get; set; } = InItsTurn;

        public Task<TransitResult> Unwrapping { get; set; } = NotWrapped;
    }
}

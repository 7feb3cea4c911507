using System.Collections.Concurrent;
using TfeBackup.Engine.Vault;

namespace TfeBackup.Engine.Objects.AtRest;

/// <summary>
/// Has Vault decrypt a few objects before a backup begins, when its refusal can still be told: the first object below each of the first names, and as
/// many more by chance.
/// </summary>
/// <remarks>
/// Which Transit key an object needs stands in the object itself, so a key that only an object names which is not tried is missed only when that object's
/// turn comes.
/// </remarks>
internal sealed class ObjectTrial
{
    private const int OfEachKind = 32;
    private const int OpensAtOnce = 8;
    private const int LongestInMemory = 64 << 10;

    private readonly Dictionary<string, ObjectInfo> _firsts = new(StringComparer.Ordinal);
    private readonly List<ObjectInfo> _others = [];
    private long _seen;

    /// <summary>Considers an object.</summary>
    public void Consider(ObjectInfo info)
    {
        var prefix = info.Key[..(info.Key.IndexOf('/', StringComparison.Ordinal) + 1)];
        if (_firsts.Count < OfEachKind && _firsts.TryAdd(prefix, info))
        {
            return;
        }

        // Each of those that were seen is as likely to stay as any other.
        var place = Random.Shared.NextInt64(++_seen);
        if (_others.Count < OfEachKind)
        {
            _others.Add(info);
        }
        else if (place < OfEachKind)
        {
            _others[(int)place] = info;
        }
    }

    /// <summary>Tries those that were chosen.</summary>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.CorruptSource"/>, naming the object, where one cannot be decrypted; <see cref="EngineError.Unavailable"/>.
    /// </exception>
    public async Task RunAsync(IObjectStore store, TransitClient transit, EncryptionRules rules, CancellationToken cancellationToken)
    {
        ConcurrentBag<StoredObject> encrypted = [];
        await Parallel.ForEachAsync(
            _firsts.Values.Concat(_others),
            new ParallelOptions { MaxDegreeOfParallelism = OpensAtOnce, CancellationToken = cancellationToken },
            async (info, stop) =>
            {
                if (await LookAsync(store, info, rules, stop) is { Wrapped: not null } stored)
                {
                    encrypted.Add(stored);
                }
            });

        foreach (var stored in encrypted.GroupBy(static stored => stored.TransitKey!))
        {
            try
            {
                var results = await transit.DecryptAsync(stored.Key, [.. stored.Select(static one => one.Wrapped!)], cancellationToken);
                foreach (var (one, result) in stored.Zip(results))
                {
                    one.RequireDecrypted(result);
                }
            }
            catch (EngineException e) when (e.Error == EngineError.Unavailable)
            {
                throw new EngineException(e.Error, $"{e.Message} The object {ObjectKey.Quote(stored.First().Key)} of {store.Description} needs the key '{stored.Key}'.", e);
            }
        }
    }

    private static async Task<StoredObject?> LookAsync(IObjectStore store, ObjectInfo info, EncryptionRules rules, CancellationToken cancellationToken)
    {
        await using var opened = await store.OpenAsync(info.Key, cancellationToken);
        if (opened is null)
        {
            return null;
        }

        try
        {
            if (opened.Header.Length > LongestInMemory)
            {
                return await StoredObject.InspectAsync(store.Description, opened.Header, opened.Stream, rules, cancellationToken);
            }

            var bytes = new byte[opened.Header.Length];
            await opened.Stream.ReadExactlyAsync(bytes, cancellationToken);
            MemoryStream content = new(bytes, 0, bytes.Length, writable: false, publiclyVisible: true);
            return await StoredObject.InspectAsync(store.Description, opened.Header, content, rules, cancellationToken);
        }
        catch (EngineException e) when (e.Error == EngineError.CorruptSource && opened.Changed())
        {
            // Somebody writes to it; the backup reads it again.
            return null;
        }
    }
}

using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfeBackup.Engine.Objects;

/// <summary>One line of a staging's index: an object that is to be in the store.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Length">Its length in bytes.</param>
internal sealed record StagedObject(
    [property: JsonPropertyName("key")] string Key, [property: JsonPropertyName("length")] long Length);

/// <summary>The seal of a complete staging.</summary>
/// <param name="CommitToken">The token given to <see cref="IObjectStaging.SealAsync"/>.</param>
/// <param name="Objects">The number of lines in the index.</param>
internal sealed record StagingSeal(
    [property: JsonPropertyName("commitToken")] string CommitToken, [property: JsonPropertyName("objects")] long Objects)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StagingJson.Default.StagingSeal);

    public static StagingSeal FromJson(ReadOnlySpan<byte> json, string where) =>
        JsonSerializer.Deserialize(json, StagingJson.Default.StagingSeal)
            ?? throw new EngineException(EngineError.CorruptSource, $"{where} is not the seal of a staging.");
}

/// <summary>A staging's index: a JSON line for each object, in ascending order of the keys.</summary>
internal static class StagingIndex
{
    /// <summary>The line of one object.</summary>
    public static byte[] Line(StagedObject staged) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(staged, StagingJson.Default.StagedObject), (byte)'\n'];

    /// <summary>Reads an index, and checks that it is whole.</summary>
    public static async IAsyncEnumerable<StagedObject> ReadAsync(
        Stream index, long objects, string where, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using StreamReader reader = new(index, Encoding.UTF8, false, 64 << 10, leaveOpen: true);
        long count = 0;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            count++;
            yield return JsonSerializer.Deserialize(line, StagingJson.Default.StagedObject)!;
        }

        if (count != objects)
        {
            throw new EngineException(EngineError.CorruptSource, $"The index {where} lists {count} objects, but {objects} were staged.");
        }
    }

    /// <summary>The keys of a listing that the index does not have: what a restore is to delete.</summary>
    public static async IAsyncEnumerable<string> StaleAsync(
        IAsyncEnumerable<ObjectInfo> listing, IAsyncEnumerable<StagedObject> index, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var staged = index.GetAsyncEnumerator(cancellationToken);
        var more = await staged.MoveNextAsync();
        await foreach (var listed in listing.Where(static listed => !listed.Excluded).WithCancellation(cancellationToken))
        {
            if (listed.Problem is { } problem)
            {
                throw new EngineException(
                    EngineError.Unsupported, $"{ObjectKey.Quote(listed.Key)} prevents restoring objects: it {problem}.");
            }

            while (more && ObjectKey.Compare(staged.Current.Key, listed.Key) < 0)
            {
                more = await staged.MoveNextAsync();
            }

            if (!more || staged.Current.Key != listed.Key)
            {
                yield return listed.Key;
            }
        }
    }
}

[JsonSerializable(typeof(StagedObject))]
[JsonSerializable(typeof(StagingSeal))]
internal sealed partial class StagingJson : JsonSerializerContext;

using System.Text;
using TfeBackup.Engine;
using TfeBackup.Engine.Objects;

namespace TfeBackup.TestSupport.ObjectStores;

/// <summary>A store's content, small enough to compare.</summary>
public static class ObjectSet
{
    /// <summary>
    /// Keys that something on the way could mangle: in URLs, shells, paths, sort orders, normalisation. All of them can be in
    /// every store.
    /// </summary>
    public static IReadOnlyList<string> OddKeys { get; } =
    [
        "1", "10", "2", "a", "a b", "a%20b", "a+b", "a'b", "a\"b", "a&b=c?d#e;f", "a-b", "a.b/c", ".hidden", "..twodots", "dir/.hidden",
        "dir/sub/deep/er/object", "dir-x", "dir!", "dir0", "caf\u00e9", "cafe\u0301", "\u4f60\u597d/\u4e16\u754c", "\ue000private", "\uffe5wide",
        "\U0001F600", "\U00010000/x", "z\uff5e", "z\U0001F4A9", "A", "B/b", "b/B", "~", "x y/ z", " leading", "trailing ", "%", "%2e%2e/x", "[a]{b}^`|<c>",
        new string('k', 200) + "/" + new string('l', 200) + "/" + new string('m', 200) + "/" + new string('n', 200) + "/" + new string('o', 96),
    ];

    /// <summary>Reads everything.</summary>
    public static async Task<SortedDictionary<string, string>> ReadAsync(IObjectStore store)
    {
        SortedDictionary<string, string> content = new(ObjectKey.Order);
        await foreach (var info in store.ListAsync(default))
        {
            if (info.Problem is { } problem)
            {
                throw new EngineException(EngineError.Unsupported, $"{ObjectKey.Quote(info.Key)} {problem}.");
            }

            await using var opened = await store.OpenAsync(info.Key, default)
                ?? throw new InvalidOperationException($"{info.Key} is listed and cannot be opened.");
            using StreamReader reader = new(opened.Stream, Encoding.Latin1);
            var text = await reader.ReadToEndAsync();
            if (text.Length != info.Length || text.Length != opened.Header.Length)
            {
                throw new InvalidOperationException($"{info.Key} has {text.Length} bytes, {info.Length} are listed.");
            }

            content.Add(info.Key, text);
        }

        return content;
    }

    /// <summary>Stages objects in the order of their keys.</summary>
    public static async Task AddAsync(IObjectStaging staging, IReadOnlyDictionary<string, string> objects)
    {
        foreach (var key in objects.Keys.Order(ObjectKey.Order))
        {
            using MemoryStream content = new(Encoding.Latin1.GetBytes(objects[key]));
            await staging.AddAsync(new ObjectHeader(key, content.Length), content, default);
        }
    }

    /// <summary>Finishes what an earlier process left, as a restarted service does.</summary>
    public static async Task RecoverAsync(IObjectStore store, Func<string, bool> committed)
    {
        foreach (var staging in await store.FindStagingsAsync(default))
        {
            await using (staging)
            {
                await (staging.CommitToken is { } token && committed(token) ? staging.PromoteAsync(default) : staging.DiscardAsync(default));
            }
        }
    }
}

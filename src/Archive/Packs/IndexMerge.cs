using System.Runtime.CompilerServices;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Archive.Packs;

/// <summary>Merges sorted entries of several indexes into one order, in the memory of one entry each.</summary>
public static class IndexMerge
{
    /// <summary>Merges indexes. Where several have an entry for the same thing, the first of them counts.</summary>
    /// <param name="sources">Entries in the order of <see cref="IndexEntry.Compare"/>, the newest index first.</param>
    /// <param name="cancellationToken">Ends the enumeration early.</param>
    public static async IAsyncEnumerable<IndexEntry> MergeAsync(
        IReadOnlyList<IAsyncEnumerable<IndexEntry>> sources, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var cursors = new List<IAsyncEnumerator<IndexEntry>>();
        try
        {
            var next = new PriorityQueue<int, (string Key, int Source)>(
                Comparer<(string Key, int Source)>.Create((a, b) => Utf8Order.Compare(a.Key, b.Key) is var order && order != 0 ? order : a.Source - b.Source));
            foreach (var source in sources)
            {
                cursors.Add(source.GetAsyncEnumerator(cancellationToken));
                if (await cursors[^1].MoveNextAsync())
                {
                    next.Enqueue(cursors.Count - 1, (cursors[^1].Current.SortKey, cursors.Count - 1));
                }
            }

            string? last = null;
            while (next.TryPeek(out var index, out var place))
            {
                var entry = cursors[index].Current;
                if (await cursors[index].MoveNextAsync())
                {
                    next.DequeueEnqueue(index, (cursors[index].Current.SortKey, index));
                }
                else
                {
                    next.Dequeue();
                }

                if (place.Key != last)
                {
                    last = place.Key;
                    yield return entry;
                }
            }
        }
        finally
        {
            foreach (var cursor in cursors)
            {
                await cursor.DisposeAsync();
            }
        }
    }
}

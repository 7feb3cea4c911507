namespace TfeBackup.Engine.Vault;

/// <summary>Cuts a list of values into ranges that stay within Vault's limits.</summary>
internal static class TransitBatches
{
    /// <summary>The bytes of an item besides its text: field names, reference, quotes, braces.</summary>
    private const int ItemOverhead = 42;

    /// <summary>
    /// Vault's listener refuses longer JSON strings by default. Such a value travels alone, so that a refusal concerns no other.
    /// </summary>
    private const int LongValue = 1 << 20;

    /// <summary>Consecutive ranges that cover <paramref name="values"/>.</summary>
    public static IEnumerable<Range> Cut(IReadOnlyList<string> values, TransitOptions options)
    {
        var start = 0;
        long bytes = 0;
        for (var i = 0; i < values.Count; i++)
        {
            long cost = values[i].Length + ItemOverhead;
            var full = i - start == options.BatchItems || bytes + cost > options.BatchBytes;
            var alone = values[i].Length > LongValue || (i > start && values[i - 1].Length > LongValue);
            if (i > start && (full || alone))
            {
                yield return start..i;
                start = i;
                bytes = 0;
            }

            bytes += cost;
        }

        if (start < values.Count)
        {
            yield return start..values.Count;
        }
    }
}

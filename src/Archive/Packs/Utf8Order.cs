namespace TfeBackup.Archive.Packs;

/// <summary>Compares texts by the bytes of their UTF-8, which is the order of their code points and not that of UTF-16.</summary>
internal static class Utf8Order
{
    public static readonly Comparer<string> Comparer = Comparer<string>.Create(Compare);

    public static int Compare(string a, string b)
    {
        var common = a.AsSpan().CommonPrefixLength(b);
        if (common == a.Length || common == b.Length)
        {
            return a.Length.CompareTo(b.Length);
        }

        // A surrogate stands for a code point above all that are a char by themselves.
        var x = a[common];
        var y = b[common];
        return char.IsSurrogate(x) == char.IsSurrogate(y) ? x.CompareTo(y) : char.IsSurrogate(x) ? 1 : -1;
    }
}

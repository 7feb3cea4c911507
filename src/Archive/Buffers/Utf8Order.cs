namespace TfeBackup.Archive.Buffers;

/// <summary>The order of texts by the bytes of their UTF-8, which is also that of their code points, but not of their chars.</summary>
public static class Utf8Order
{
    /// <summary>Compares two valid texts.</summary>
    /// <param name="a">A text.</param>
    /// <param name="b">Another.</param>
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

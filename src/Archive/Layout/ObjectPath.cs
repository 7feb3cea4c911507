using System.Text;

namespace TfeBackup.Archive.Layout;

/// <summary>
/// An object's key as a path below <c>objects/</c>. A key that is a safe relative path stands for itself. One that is not (it has an empty,
/// <c>.</c> or <c>..</c> segment) is percent-encoded where it would lead elsewhere or nowhere, and its pax comment has the true key.
/// </summary>
/// <remarks>
/// So <c>tar -x</c> stays inside its folder whatever keys are called. A key that looks like an encoded one is encoded too, or two keys would
/// have one path.
/// </remarks>
internal static class ObjectPath
{
    /// <summary>True if the path differs from the key, so that the key must be recorded.</summary>
    public static bool IsEncoded(string key) => !IsSafe(key) || (Decode(key) is { } decoded && IsEncoded(decoded));

    /// <summary>The path below <c>objects/</c>.</summary>
    public static string Of(string key) => IsEncoded(key) ? Encode(key) : key;

    /// <summary>True if a text is a relative path that does not leave its root.</summary>
    public static bool IsSafe(string path)
    {
        foreach (var segment in path.AsSpan().Split('/'))
        {
            if (path.AsSpan()[segment] is "" or "." or "..")
            {
                return false;
            }
        }

        return true;
    }

    private static string Encode(string key)
    {
        var path = new StringBuilder(key.Length + 8);
        var segment = 0;
        for (var i = 0; i < key.Length; i++)
        {
            if (key[i] == '/' && path.Length > segment && i + 1 < key.Length)
            {
                EndSegment();
                path.Append('/');
                segment = path.Length;
            }
            else
            {
                // A slash behind nothing, or before nothing, is a part of its segment.
                _ = key[i] switch
                {
                    '/' => path.Append("%2F"),
                    '%' => path.Append("%25"),
                    var c => path.Append(c),
                };
            }
        }

        EndSegment();
        return path.ToString();

        void EndSegment()
        {
            if (path.ToString(segment, path.Length - segment) is ("." or "..") and var dots)
            {
                path.Length = segment;
                path.Insert(segment, "%2E", dots.Length);
            }
        }
    }

    /// <summary>The key that a path encodes; null if it is no path that <see cref="Encode"/> makes.</summary>
    private static string? Decode(string path)
    {
        if (!path.Contains('%', StringComparison.Ordinal))
        {
            return null;
        }

        // Encoding again catches whatever was not encoded, or otherwise.
        var key = path.Replace("%2F", "/", StringComparison.Ordinal)
            .Replace("%2E", ".", StringComparison.Ordinal)
            .Replace("%25", "%", StringComparison.Ordinal);
        return Encode(key) == path ? key : null;
    }
}

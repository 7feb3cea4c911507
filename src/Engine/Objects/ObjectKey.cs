using System.Text;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Engine.Objects;

/// <summary>The rules for objects' keys, and their order.</summary>
public static class ObjectKey
{
    /// <summary>The order of the keys' UTF-8 bytes.</summary>
    public static IComparer<string> Order { get; } = Comparer<string>.Create(Compare);

    /// <summary>Compares two keys by their UTF-8 bytes.</summary>
    /// <param name="x">A key.</param>
    /// <param name="y">Another.</param>
    public static int Compare(string x, string y) => Utf8Order.Compare(x, y);

    /// <summary>Describes why <paramref name="key"/> is not a valid key; null if it is.</summary>
    /// <param name="key">The text.</param>
    public static string? Problem(string key)
    {
        if (key.Length == 0)
        {
            return "it is empty";
        }

        if (key.Contains('\0'))
        {
            return "it holds a NUL";
        }

        if (key.StartsWith(IObjectStore.ReservedPrefix, StringComparison.Ordinal))
        {
            return $"{IObjectStore.ReservedPrefix} is reserved for restores";
        }

        ReadOnlySpan<char> rest = key;
        while (rest.IndexOfAnyInRange('\uD800', '\uDFFF') is >= 0 and int surrogate)
        {
            rest = rest[surrogate..];
            if (Rune.DecodeFromUtf16(rest, out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                return "it is not valid UTF-16";
            }

            rest = rest[length..];
        }

        return null;
    }

    /// <summary>True if a key is a relative path that stays below where it begins, so that a file can be called that.</summary>
    /// <param name="key">The key.</param>
    public static bool IsPath(string key)
    {
        foreach (var segment in key.AsSpan().Split('/'))
        {
            if (key.AsSpan()[segment] is "" or "." or "..")
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Stops at a text that cannot be an object's key.</summary>
    /// <param name="key">The text.</param>
    /// <exception cref="EngineException"><see cref="EngineError.Unsupported"/>, naming it.</exception>
    public static void Check(string key)
    {
        if (Problem(key) is { } problem)
        {
            throw new EngineException(EngineError.Unsupported, $"{Quote(key)} cannot be an object's key: {problem}.");
        }
    }

    /// <summary>A key for messages, on one line: in single quotes, control characters escaped.</summary>
    /// <param name="key">The key.</param>
    public static string Quote(string key)
    {
        var text = new StringBuilder(key.Length + 2).Append('\'');
        foreach (var c in key)
        {
            _ = char.IsControl(c) ? text.Append($"\\u{(int)c:x4}") : text.Append(c);
        }

        return text.Append('\'').ToString();
    }
}

using System.Collections.Immutable;

namespace TfeBackup.Archive;

/// <summary>An object's key, length and metadata in a backup.</summary>
/// <param name="Key">
/// The object's key: valid Unicode without NUL, 1 to <see cref="MaxKeyBytes"/> bytes of UTF-8. It need not be a path.
/// </param>
/// <param name="Length">Its length in bytes.</param>
public sealed record ArchiveObject(string Key, long Length)
{
    /// <summary>The most bytes of UTF-8 a key has.</summary>
    public const int MaxKeyBytes = 4096;

    /// <summary>Its media type; null where the store keeps none.</summary>
    public string? ContentType { get; init; }

    /// <summary>Further metadata by name; empty where the store keeps none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The Vault Transit key it was encrypted under at rest; null if it was not.</summary>
    public string? TransitKey { get; init; }

    /// <summary>The form in which it was encrypted at rest, <c>value</c> or <c>age</c>; null if it was not.</summary>
    public string? TransitForm { get; init; }
}

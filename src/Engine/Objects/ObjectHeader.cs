namespace TfeBackup.Engine.Objects;

/// <summary>An object's key, length and metadata.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Length">Its length in bytes.</param>
public sealed record ObjectHeader(string Key, long Length)
{
    /// <summary>Its media type; null where the store keeps none.</summary>
    public string? ContentType { get; init; }

    /// <summary>Further metadata by name; empty where the store keeps none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;
}

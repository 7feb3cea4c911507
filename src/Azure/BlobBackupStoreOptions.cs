using Azure.Storage.Blobs.Models;

namespace TfeBackup.Azure;

/// <summary>Options of a <see cref="BlobBackupStore"/>.</summary>
public sealed record BlobBackupStoreOptions
{
    /// <summary>The tier of a backup's data; null for the account's own. Records always have the account's own: they are read often.</summary>
    public AccessTier? AccessTier { get; init; }

    /// <summary>
    /// True if blobs get index tags: <c>installation</c>, <c>id</c> and <c>content</c> (<c>data</c> or <c>record</c>), and a record <c>purpose</c> and
    /// <c>published</c> (UTC, as <c>2026-11-22T03:04:05Z</c>) besides. They are written with the blob, never afterwards. Lifecycle rules that move
    /// backups to other tiers ask for <c>content</c>, so that records stay where they can be read. Not every account has tags (one with a
    /// hierarchical namespace has none), and they need the data action <c>…/blobs/tags/write</c>.
    /// </summary>
    public bool IndexTags { get; init; }
}

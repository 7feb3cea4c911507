namespace TfeBackup.Archive.Layout;

/// <summary>
/// Limits that bound a reader's memory whatever its input. A writer keeps to them too, so that every backup it makes can be read.
/// </summary>
internal static class FormatLimits
{
    public const int BackupInfoBytes = 64 << 10;
    public const int PaxBytes = 128 << 10;
    public const int ObjectCommentBytes = 64 << 10;
    public const int ManifestPartBytes = 4 << 20;
    public const int ManifestPartLines = 4096;
    public const int ManifestBytes = 64 << 20;
    public const int Tables = 100_000;

    /// <summary>Columns, and broken constraints, that manifests describe.</summary>
    public const int Remarks = 100_000;

    /// <summary>A writer begins a new manifest part from here on; a line more always fits.</summary>
    public const int ManifestPartTarget = 1 << 20;
}

namespace TfeBackup.Archive.Layout;

/// <summary>The one member of <c>backup.json</c> that every version of the format has.</summary>
internal sealed record FormatVersion
{
    public required int Format { get; init; }
}

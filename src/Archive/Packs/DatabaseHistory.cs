namespace TfeBackup.Archive.Packs;

/// <summary>
/// One history of one server, within which the rule of rows holds, and a point on it (FORMAT-2.md, "Which rows changed"). Where another
/// differs in anything but the point, or its point is not later, everything is read.
/// </summary>
public sealed record DatabaseHistory
{
    /// <summary>The server's system identifier, in decimal digits.</summary>
    public required string SystemIdentifier { get; init; }

    /// <summary>The database's oid.</summary>
    public required long Database { get; init; }

    /// <summary>The timeline, from the name of the WAL file at the insert position.</summary>
    public required long Timeline { get; init; }

    /// <summary>When the server process started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The server's version as a number, such as 150018.</summary>
    public required int ServerVersion { get; init; }

    /// <summary>The WAL insert position, in bytes, read once the snapshot was taken.</summary>
    public required long Lsn { get; init; }

    /// <summary>The snapshot's xmin, in 64 bits.</summary>
    public required long Xmin { get; init; }

    /// <summary>The snapshot's xmax, in 64 bits.</summary>
    public required long Xmax { get; init; }
}

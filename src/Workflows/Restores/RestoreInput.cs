namespace TfeBackup.Workflows.Restores;

/// <summary>Asks for a restore.</summary>
public sealed record RestoreInput
{
    /// <summary>
    /// Which backup: <c>installation/id</c>, an id alone, <c>installation/latest</c>, or <c>latest</c> (the target's own newest, or the newest of the only
    /// installation that has any).
    /// </summary>
    public required string Backup { get; init; }

    /// <summary>Into which installation.</summary>
    public required string Target { get; init; }

    /// <summary>Whether a target that holds data may be overwritten. A safety backup of it is taken first.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether an operator must approve first.</summary>
    public bool RequireApproval { get; init; }
}

namespace TfeBackup.Operations.Ports;

/// <summary>How an installation is to restore.</summary>
/// <param name="OperationId">
/// The id by which the installation remembers the restore: asked again with the same id after it was applied, it succeeds and does nothing.
/// </param>
public sealed record RestoreOptions(string OperationId)
{
    /// <summary>True to replace the data of a target that holds some. Asked of services that know it only.</summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// Constraints that the backup's rows break, to be put back <c>NOT VALID</c>: <c>schema.table.constraint</c>. Asked of services that know it only.
    /// </summary>
    public IReadOnlyList<string> NotValid { get; init; } = [];
}

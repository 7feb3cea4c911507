namespace TfeBackup.Operations.Model;

/// <summary>The result of a drill.</summary>
/// <param name="Into">The scratch installation.</param>
/// <param name="Compared">True if content was compared; that of an opaque backup cannot be.</param>
/// <param name="Tables">Tables compared.</param>
/// <param name="Rows">Rows of the backup compared.</param>
/// <param name="Objects">Objects of the backup compared.</param>
public sealed record DrillResult(string Into, bool Compared, int Tables = 0, long Rows = 0, long Objects = 0);

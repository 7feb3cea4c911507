namespace TfeBackup.Engine.Database.Changes;

/// <summary>What the text of a table's rows depends on besides the rows.</summary>
/// <param name="Fingerprint">
/// Lower-case hexadecimal SHA-256 of the table's file, its columns with those that were dropped, the types they are made of, and how this
/// version reads and prints them. Where it differs from an earlier one, the table is read whole.
/// </param>
/// <param name="MustBeRead">Why the table is read whole each time, for an operator; null where its parts may be compared.</param>
internal sealed record TableLayout(string Fingerprint, string? MustBeRead);

namespace TfeBackup.Engine.Database.Changes;

/// <summary>A fixed number of pages of one table, as it was when it was last read or compared.</summary>
/// <param name="Number">Its place in the table, from 0: part <c>n</c> of <c>p</c> pages begins at page <c>n × p</c>.</param>
/// <param name="Rows">How many rows of it the snapshot showed.</param>
/// <param name="Xmin">The <see cref="HistoryPoint.Xmin"/> of that snapshot.</param>
internal readonly record struct TablePart(long Number, long Rows, ulong Xmin);

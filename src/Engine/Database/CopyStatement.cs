namespace TfeBackup.Engine.Database;

/// <summary>One COPY statement that reads a table or a range of it.</summary>
internal sealed record CopyStatement(TableSchema Table, string Sql, CopyProgress Progress);

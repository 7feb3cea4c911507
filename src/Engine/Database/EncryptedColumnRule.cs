namespace TfeBackup.Engine.Database;

/// <summary>Says which Transit key a column's values are encrypted under at rest; null for a column that is not declared encrypted.</summary>
/// <param name="schema">The schema's name, unquoted.</param>
/// <param name="table">The table's name, unquoted; of a partition, its root table's.</param>
/// <param name="column">The column's name, unquoted.</param>
public delegate string? EncryptedColumnRule(string schema, string table, string column);

namespace TfeBackup.Engine.Database;

/// <summary>Values as SQL text, for statements that take no parameters.</summary>
internal static class SqlText
{
    /// <summary>Quotes a string, for a session with <c>standard_conforming_strings</c> on.</summary>
    public static string Literal(string? value) =>
        value is null ? "NULL" : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}

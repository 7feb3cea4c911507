namespace TfeBackup.Engine.Database;

/// <summary>Names as SQL text.</summary>
internal static class SqlName
{
    /// <summary>Quotes an identifier: <c>a"b</c> becomes <c>"a""b"</c>.</summary>
    /// <param name="name">The name as the catalogue holds it.</param>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

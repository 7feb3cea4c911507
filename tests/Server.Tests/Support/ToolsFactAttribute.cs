namespace TfeBackup.Server.Tests.Support;

/// <summary>A test that needs programs of the machine, and is skipped by their names where they are missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToolsFactAttribute : FactAttribute
{
    public ToolsFactAttribute(params string[] tools)
    {
        if (tools.Where(tool => Find(tool) is null).ToList() is { Count: > 0 } missing)
        {
            Skip = $"Not found on PATH: {string.Join(", ", missing)}.";
        }
    }

    public static string? Find(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
}

using Xunit;

namespace TfeBackup.Archive.Tests.Interop;

/// <summary>A test that needs programs, and is skipped by name where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolsFactAttribute : FactAttribute
{
    public ToolsFactAttribute(params string[] tools)
    {
        Tools = tools;
        var missing = tools.Where(t => !Tool.Exists(t)).ToArray();
        if (missing.Length > 0)
        {
            Skip = $"Not found on PATH: {string.Join(", ", missing)}.";
        }
    }

    public IReadOnlyList<string> Tools { get; }
}

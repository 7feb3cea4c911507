namespace TfeBackup.Server.Tests.Documentation;

internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>A page of the documentation.</summary>
    public static string Page(string name) => File.ReadAllText(Path.Combine(Root, "docs", name));

    /// <summary>A chapter of a page, without those that follow.</summary>
    public static string Chapter(string page, string title) => Page(page).Split("\n## ").Single(chapter => chapter.StartsWith(title + "\n", StringComparison.Ordinal));

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Functions.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}

namespace TfeBackup.Hosting.Tests;

/// <summary>The sources of all projects, as text.</summary>
internal static class SourceFiles
{
    /// <summary>Reads all of them: the folder of each one's project, its path below <c>src</c>, what it says.</summary>
    public static List<(string Project, string File, string Text)> Read()
    {
        var root = Path.Combine(Repository(), "src");
        return [.. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Parts: Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar), Path: path))
            .Where(static file => file.Parts[1] is not ("bin" or "obj"))
            .Select(static file => (file.Parts[0], string.Join('/', file.Parts), File.ReadAllText(file.Path)))];
    }

    private static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Functions.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("Functions.sln is in none of the folders above the test.");
    }
}

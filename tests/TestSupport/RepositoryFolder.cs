namespace TfeBackup.TestSupport;

/// <summary>The repository that the tests were built in.</summary>
public static class RepositoryFolder
{
    /// <summary>Its root.</summary>
    public static string Root { get; } = Find();

    /// <summary>A path below it.</summary>
    public static string Combine(params string[] names) => Path.Combine([Root, .. names]);

    /// <summary>The text of a file.</summary>
    public static string Read(params string[] names) => File.ReadAllText(Combine(names));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Functions.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("Functions.sln is in none of the folders above the tests.");
    }
}

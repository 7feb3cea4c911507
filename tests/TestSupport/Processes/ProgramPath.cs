namespace TfeBackup.TestSupport.Processes;

/// <summary>Looks for programs on the PATH.</summary>
public static class ProgramPath
{
    /// <summary>Whether a program of that name is on the PATH.</summary>
    public static bool Exists(string program) => Find(program) is not null;

    /// <summary>The path of a program on the PATH; null where there is none.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}

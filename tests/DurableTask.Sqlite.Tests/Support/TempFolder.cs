namespace DurableTask.Sqlite.Tests.Support;

/// <summary>A new folder of its own below the system's temporary folder, removed with everything in it.</summary>
public sealed class TempFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("durabletask-sqlite-").FullName;

    public string Combine(params string[] names) => Path.Combine([Root, .. names]);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

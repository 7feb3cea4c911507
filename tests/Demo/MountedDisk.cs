namespace TfeBackup.Demo;

/// <summary>Objects in a directory.</summary>
internal sealed class MountedDisk(string path) : IInstallationObjects
{
    public string Description => "objects on a mounted disk";

    public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string> { ["Kind"] = "Directory", ["Path"] = path };

    public Task<IReadOnlySet<string>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlySet<string>>(
            Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(path, file).Replace(Path.DirectorySeparatorChar, '/'))
                .ToHashSet(StringComparer.Ordinal));

    public Task<byte[]> ReadAsync(string key, CancellationToken cancellationToken) => File.ReadAllBytesAsync(Path.Combine(path, key), cancellationToken);
}

namespace TfeBackup.SampleInstallation.Objects;

/// <summary>Objects as files: the installation's <em>Mounted Disk</em> mode.</summary>
internal sealed class DirectoryObjects(string root) : IObjects
{
    public Task<bool> AnswersAsync(CancellationToken cancellationToken) => Task.FromResult(Directory.Exists(root));

    public async Task WriteAsync(string key, byte[] content, CancellationToken cancellationToken)
    {
        var path = Path.Combine(root, key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var unfinished = $"{path}.{Guid.NewGuid():N}";
        await File.WriteAllBytesAsync(unfinished, content, cancellationToken);
        File.Move(unfinished, path, overwrite: true);
    }

    public async Task<byte[]?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        var path = Path.Combine(root, key);
        return File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken) : null;
    }
}

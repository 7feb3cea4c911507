using TfeBackup.Engine.Objects;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.ObjectStores;

namespace TfeBackup.Engine.Tests.Objects;

internal sealed class DirectoryFixture : ObjectStoreFixture
{
    private readonly TempFolder _folder = new();

    public string Root => _folder.Root;

    public override IObjectStore Open() => new DirectoryObjectStore(Root);

    public override IObjectStore OpenWatched(Action<int> beforeChange)
    {
        var number = 0;
        return new DirectoryObjectStore(Root) { BeforeStep = _ => beforeChange(number++) };
    }

    public override IObjectStore OpenExcluding(params string[] names) => new DirectoryObjectStore(Root, names);

    public override async Task PutAsync(string key, ReadOnlyMemory<byte> content)
    {
        var path = Path.Join(Root, key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, content);
    }

    public override Task DeleteAsync(string key)
    {
        File.Delete(Path.Join(Root, key));
        return Task.CompletedTask;
    }

    public override Task<IReadOnlyList<string>> ListEverythingAsync() => Task.FromResult<IReadOnlyList<string>>(
        [.. Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(Root, p)).Order(StringComparer.Ordinal)]);

    public override ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return base.DisposeAsync();
    }
}

using System.Runtime.Versioning;
using TfeBackup.Local.Stores;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.BackupStores;
using Xunit;

namespace TfeBackup.Local.Tests.Stores;

public sealed class DirectoryBackupStoreTests : BackupStoreConformance, IDisposable
{
    private static readonly BackupKey Key = BackupRecords.Key("production", 1);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_directory_that_is_missing_is_refused_because_its_disk_may_not_be_mounted()
    {
        var store = new DirectoryBackupStore(_folder.Combine("absent"));

        await AssertThrowsAsync(OperationError.InvalidConfiguration, () => store.CheckAsync(default));
        await AssertThrowsAsync(OperationError.InvalidConfiguration, () => store.BeginUploadAsync(Key, default));
        await AssertThrowsAsync(OperationError.InvalidConfiguration, () => store.ListAsync(null, default).GetAsyncEnumerator().MoveNextAsync().AsTask());
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Files_and_folders_are_for_their_owner_alone()
    {
        var store = await CreateStoreAsync();

        await PublishAsync(store, Key);

        var forOthers = Directory.EnumerateFileSystemEntries(_folder.Root, "*", SearchOption.AllDirectories)
            .Where(path => (File.GetUnixFileMode(path) & (UnixFileMode)0b111_111) != 0);
        Assert.Empty(forOthers);
    }

    [Fact]
    public void A_full_disk_is_said_to_be_full()
    {
        // The kernel's own device for this.
        using var file = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var full = Assert.ThrowsAny<IOException>(() => file.Write(new byte[1]));

        var translated = FileErrors.Translate(full, "write there");

        Assert.Equal(OperationError.Refused, translated.Error);
        Assert.Contains("no space left", translated.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_that_fills_the_disk_says_so_once_and_leaves_nothing()
    {
        // A file system of two megabytes, where this process may mount one.
        var small = Directory.CreateDirectory(_folder.Combine("small")).FullName;
        if (!Environment.IsPrivilegedProcess || await RunAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small) != 0)
        {
            return;
        }

        try
        {
            var store = new DirectoryBackupStore(small);
            await using (var upload = await store.BeginUploadAsync(Key, default))
            {
                using var content = new MemoryStream(new byte[8 << 20]);
                var failure = await Assert.ThrowsAsync<OperationException>(() => upload.WriteAsync(content, null, default));
                Assert.Equal(OperationError.Refused, failure.Error);
                Assert.Contains("no space left", failure.Message, StringComparison.Ordinal);
            }

            Assert.Empty(Directory.EnumerateFiles(small, "*", SearchOption.AllDirectories));
        }
        finally
        {
            Assert.Equal(0, await RunAsync("umount", small));
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    protected override Task<IBackupStore> CreateStoreAsync() => Task.FromResult<IBackupStore>(new DirectoryBackupStore(_folder.Root));

    protected override async Task PlantAsync(IBackupStore store, string path, byte[] content)
    {
        var file = _folder.Combine(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, content);
    }

    protected override Task<IReadOnlyList<string>> ListFilesAsync(IBackupStore store) => Task.FromResult<IReadOnlyList<string>>(
        [.. Directory.EnumerateFiles(_folder.Root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_folder.Root, path))]);
}

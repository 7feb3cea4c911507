using System.Diagnostics;
using System.Text;
using TfeBackup.Engine.Objects;
using TfeBackup.TestSupport.ObjectStores;
using Xunit;

namespace TfeBackup.Engine.Tests.Objects;

public sealed class DirectoryObjectStoreTests : IAsyncLifetime
{
    private readonly DirectoryFixture _fixture = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Theory]
    [InlineData("a\nb\tc\r")]
    [InlineData("back\\slash")]
    [InlineData("a*?:|<>")]
    [InlineData("dir/-rf")]
    [InlineData("ends with a dot.")]
    public async Task Names_that_only_a_file_system_can_hold_survive(string key)
    {
        Dictionary<string, string> objects = new() { [key] = "content" };
        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        await ObjectSet.AddAsync(staging, objects);
        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        Assert.Equal(objects, await ObjectSet.ReadAsync(_fixture.Open()));
    }

    [Theory]
    [InlineData("link-to-file")]
    [InlineData("link-to-directory")]
    [InlineData("broken-link")]
    public async Task A_symbolic_link_is_never_followed_and_stops_the_listing_by_name(string what)
    {
        using var outside = new TestSupport.TempFolder();
        await File.WriteAllTextAsync(outside.Combine("secret"), "of somebody else");
        await _fixture.PutAsync("a/object", "x"u8.ToArray());
        var path = Path.Join(_fixture.Root, "a", what);
        _ = what switch
        {
            "link-to-file" => File.CreateSymbolicLink(path, outside.Combine("secret")),
            "link-to-directory" => Directory.CreateSymbolicLink(path, outside.Root),
            _ => File.CreateSymbolicLink(path, outside.Combine("nothing")),
        };
        await RefusesAsync(() => ObjectSet.ReadAsync(_fixture.Open()), $"'a/{what}'");
        await RefusesAsync(() => _fixture.Open().CreateStagingAsync("s", default), $"'a/{what}'");
        await RefusesAsync(() => _fixture.Open().OpenAsync($"a/{what}", default), $"'a/{what}'");
        if (what == "link-to-directory")
        {
            await RefusesAsync(() => _fixture.Open().OpenAsync($"a/{what}/secret", default), $"'a/{what}/secret'");
        }

        Assert.False(Directory.Exists(Path.Join(_fixture.Root, ".tfe-backup")));
    }

    [Fact]
    public async Task A_link_that_takes_a_directory_s_place_during_promotion_is_not_followed()
    {
        using var outside = new TestSupport.TempFolder();
        await File.WriteAllTextAsync(outside.Combine("object"), "of somebody else");
        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        await ObjectSet.AddAsync(staging, new Dictionary<string, string> { ["dir/object"] = "restored" });
        await staging.SealAsync("t", default);
        Directory.CreateSymbolicLink(Path.Join(_fixture.Root, "dir"), outside.Root);
        await RefusesAsync(() => staging.PromoteAsync(default), "'dir'");
        Assert.Equal("of somebody else", await File.ReadAllTextAsync(outside.Combine("object")));

        Directory.Delete(Path.Join(_fixture.Root, "dir"));
        await ObjectSet.RecoverAsync(_fixture.Open(), _ => true);
        Assert.Equal("restored", (await ObjectSet.ReadAsync(_fixture.Open()))["dir/object"]);
    }

    [Fact]
    public async Task A_pipe_stops_the_listing_by_name_and_holds_nobody_up()
    {
        Shell($"mkfifo '{_fixture.Root}/pipe'");
        await RefusesAsync(() => ObjectSet.ReadAsync(_fixture.Open()), "'pipe'");
        await RefusesAsync(() => _fixture.Open().OpenAsync("pipe", default), "'pipe'");
    }

    [Fact]
    public async Task A_name_that_is_not_utf8_stops_the_listing()
    {
        Shell($"touch '{_fixture.Root}'/$(printf 'bad\\377name')");
        try
        {
            await RefusesAsync(() => ObjectSet.ReadAsync(_fixture.Open()), "not valid UTF-8");
        }
        finally
        {
            // .NET cannot name it, to remove it with the folder.
            Shell($"rm -rf '{_fixture.Root}'/*");
        }
    }

    [Fact]
    public async Task A_name_that_holds_the_replacement_character_is_a_name()
    {
        await _fixture.PutAsync("odd\uFFFDname", "x"u8.ToArray());
        Assert.Equal("odd\uFFFDname", Assert.Single(await ObjectSet.ReadAsync(_fixture.Open())).Key);

        Shell($"touch '{_fixture.Root}'/$(printf 'odd\\377name')");
        try
        {
            await RefusesAsync(() => ObjectSet.ReadAsync(_fixture.Open()), "not valid UTF-8");
        }
        finally
        {
            // .NET cannot name it, to remove it with the folder.
            Shell($"rm -rf '{_fixture.Root}'/*");
        }
    }

    [Fact]
    public async Task What_the_file_system_cannot_hold_is_refused_while_it_is_staged()
    {
        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        await RefusesAsync(() => staging.AddAsync(new ObjectHeader("a/" + new string('\u00e9', 128), 0), Stream.Null, default), "256 bytes");
        await RefusesAsync(
            () => staging.AddAsync(new ObjectHeader(string.Join('/', Enumerable.Repeat(new string('b', 200), 25)), 0), Stream.Null, default), "paths have at most");
        await staging.AddAsync(new ObjectHeader("c", 0), Stream.Null, default);
        await staging.AddAsync(new ObjectHeader("c-d", 0), Stream.Null, default);
        await RefusesAsync(() => staging.AddAsync(new ObjectHeader("c/d", 0), Stream.Null, default), "'c'");
    }

    [Fact]
    public async Task Stale_objects_take_their_empty_directories_with_them_and_no_others()
    {
        await _fixture.PutAsync("gone/deep/down/object", "x"u8.ToArray());
        await _fixture.PutAsync("shared/gone", "x"u8.ToArray());
        Directory.CreateDirectory(Path.Join(_fixture.Root, "lost+found"));
        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        await ObjectSet.AddAsync(staging, new Dictionary<string, string> { ["shared/new"] = "x" });
        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        Assert.Equal(["lost+found", "shared", "shared/new"], await _fixture.ListEverythingAsync());
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute,
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite)]
    public async Task Restored_files_have_the_permissions_and_the_owner_of_the_directory(UnixFileMode directory, UnixFileMode file)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException();
        }

        File.SetUnixFileMode(_fixture.Root, directory);
        var isRoot = Environment.IsPrivilegedProcess;
        if (isRoot)
        {
            Shell($"chown 12345:54321 '{_fixture.Root}'");
        }

        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        await ObjectSet.AddAsync(staging, new Dictionary<string, string> { ["dir/object"] = "x" });
        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        Assert.Equal(directory, File.GetUnixFileMode(Path.Join(_fixture.Root, "dir")));
        Assert.Equal(file, File.GetUnixFileMode(Path.Join(_fixture.Root, "dir", "object")));
        if (isRoot)
        {
            Assert.Equal("12345:54321 12345:54321", Shell($"stat -c %u:%g '{_fixture.Root}/dir' '{_fixture.Root}/dir/object' | xargs"));
        }
    }

    [Fact]
    public async Task The_file_system_s_own_lost_and_found_is_no_part_of_the_store()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        await _fixture.PutAsync("a", "x"u8.ToArray());
        await _fixture.PutAsync("lost+found/#12", "found by a check"u8.ToArray());
        Shell($"chmod 0700 '{_fixture.Root}/lost+found'");
        Assert.Equal("a", Assert.Single(await ObjectSet.ReadAsync(_fixture.Open())).Key);
        await using (var staging = await _fixture.Open().CreateStagingAsync("s", default))
        {
            await staging.SealAsync("t", default);
            await staging.PromoteAsync(default);
        }

        Assert.Equal(["lost+found", "lost+found/#12"], await _fixture.ListEverythingAsync());

        // One that everybody may use is somebody's.
        Shell($"chmod 0755 '{_fixture.Root}/lost+found'");
        Assert.Equal("lost+found/#12", Assert.Single(await ObjectSet.ReadAsync(_fixture.Open())).Key);
    }

    [Fact]
    public async Task A_read_only_mount_in_the_tree_stops_a_restore_before_its_commit()
    {
        var states = Directory.CreateDirectory(Path.Join(_fixture.Root, "states")).FullName;
        if (!Environment.IsPrivilegedProcess || !TryShell($"mount -t tmpfs tmpfs '{states}'"))
        {
            return;
        }

        try
        {
            await _fixture.PutAsync("states/1", "x"u8.ToArray());
            await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
            await staging.AddAsync(new ObjectHeader("states/2", 0), Stream.Null, default);
            await staging.CheckPromotableAsync(default);

            Shell($"mount -o remount,ro '{states}'");
            await RefusesAsync(() => staging.CheckPromotableAsync(default), "'states' is a directory in which");
            await RefusesAsync(() => staging.AddAsync(new ObjectHeader("states/sub/3", 0), Stream.Null, default), "create files in 'states'");
            await staging.DiscardAsync(default);
            await RefusesAsync(() => _fixture.Open().CreateStagingAsync("t", default), "'states' is a directory in which");
            Assert.Equal("states/1", Assert.Single(await ObjectSet.ReadAsync(_fixture.Open())).Key);
        }
        finally
        {
            Shell($"umount '{states}'");
        }
    }

    [Fact]
    public async Task A_missing_directory_is_said_to_be_missing()
    {
        DirectoryObjectStore store = new(Path.Join(_fixture.Root, "nowhere"));
        var check = await Assert.ThrowsAsync<EngineException>(() => store.CheckAsync(default));
        Assert.Equal(EngineError.Unavailable, check.Error);
        Assert.Contains("nowhere", check.Message, StringComparison.Ordinal);
        var listing = await Assert.ThrowsAsync<EngineException>(() => store.AnyAsync(default));
        Assert.Equal(EngineError.Unavailable, listing.Error);
    }

    [Fact]
    public async Task A_directory_behind_a_link_is_the_operator_s_choice()
    {
        await _fixture.PutAsync("a/b", "x"u8.ToArray());
        using var elsewhere = new TestSupport.TempFolder();
        var link = elsewhere.Combine("link");
        Directory.CreateSymbolicLink(link, _fixture.Root);
        DirectoryObjectStore store = new(link);
        Assert.Equal("a/b", Assert.Single(await ObjectSet.ReadAsync(store)).Key);
        await using var staging = await store.CreateStagingAsync("s", default);
        await ObjectSet.AddAsync(staging, new Dictionary<string, string> { ["c"] = "x" });
        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        Assert.Equal("c", Assert.Single(await ObjectSet.ReadAsync(_fixture.Open())).Key);
    }

    private static async Task RefusesAsync(Func<Task> action, string names)
    {
        var failure = await Assert.ThrowsAsync<EngineException>(action);
        Assert.Equal(EngineError.Unsupported, failure.Error);
        Assert.Contains(names, failure.Message, StringComparison.Ordinal);
    }

    private static bool TryShell(string command)
    {
        using var process = Process.Start("bash", ["-c", command]);
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static string Shell(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }
}

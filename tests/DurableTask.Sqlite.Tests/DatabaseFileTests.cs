using DurableTask.Sqlite.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace DurableTask.Sqlite.Tests;

/// <summary>The file: whose it is, what it may be, and what is refused.</summary>
public sealed class DatabaseFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder.Combine("state", "orchestrations.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_file_and_its_folder_are_for_their_owner_alone()
    {
        await using var host = await TestHost.StartAsync(Path, tasks => tasks.AddOrchestratorFunc<string>("Run", _ => Task.FromResult("")));
        await host.RunAsync("Run");

        Assert.Equal("wal", RawSql.Text(Path, "PRAGMA journal_mode"));
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.Combine("state")));
            Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(Path + "-workers"));
            Assert.Equal(Owner, File.GetUnixFileMode(Path));
            Assert.Equal(Owner, File.GetUnixFileMode(Path + "-wal"));
        }
    }

    [Fact]
    public async Task A_file_created_by_many_at_once_is_created_once()
    {
        for (var round = 0; round < 40; round++)
        {
            var path = $"{Path}.{round}";
            var services = Enumerable.Range(0, 8).Select(_ => new SqliteOrchestrationService(new SqliteOrchestrationOptions { Path = path })).ToList();
            await Task.WhenAll(services.Select(service => Task.Run(service.CreateIfNotExistsAsync)));

            Assert.Equal(1, RawSql.Number(path, "PRAGMA user_version"));
            Assert.Equal(2, RawSql.Number(path, "PRAGMA auto_vacuum"));
            foreach (var service in services)
            {
                await service.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_unchanged()
    {
        Directory.CreateDirectory(_folder.Combine("state"));
        var content = new string('?', 5_000);
        await File.WriteAllTextAsync(Path, content);

        var refused = await RefusedAsync(SqliteOrchestrationError.ForeignFile);
        Assert.Contains("not an SQLite database", refused.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(Path));
    }

    [Theory]
    [InlineData("CREATE TABLE somebody (else_ TEXT)", "0x00000000")]
    [InlineData("PRAGMA application_id = 0x74666562; PRAGMA user_version = 1; CREATE TABLE instance (number)", "0x74666562")]
    public async Task Another_program_s_database_is_refused_and_left_as_it_is(string sql, string id)
    {
        Directory.CreateDirectory(_folder.Combine("state"));
        RawSql.Execute(Path, sql);
        var before = await File.ReadAllBytesAsync(Path);

        var refused = await RefusedAsync(SqliteOrchestrationError.ForeignFile);
        Assert.Contains("not one of DurableTask.Sqlite", refused.Message, StringComparison.Ordinal);
        Assert.Contains(id, refused.Message, StringComparison.Ordinal);
        Assert.Contains("use another file", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Path));
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused()
    {
        await using (await TestHost.StartAsync(Path, _ => { }))
        {
        }

        RawSql.Execute(Path, "PRAGMA user_version = 2");
        var refused = await RefusedAsync(SqliteOrchestrationError.NewerSchema);
        Assert.Contains("schema version 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("knows version 1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_refused()
    {
        Directory.CreateDirectory(Path);
        await RefusedAsync(SqliteOrchestrationError.Unavailable);
    }

    [Fact]
    public async Task A_write_waits_for_that_of_another_process()
    {
        await using var host = await TestHost.StartAsync(Path);
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Run");
        using var other = new SqliteConnection($"Data Source={Path};Pooling=False");
        other.Open();
        var transaction = other.BeginTransaction(deferred: false);
        var starting = new TaskCompletionSource();
        var start = Task.Run(() =>
        {
            starting.SetResult();
            return host.Client.ScheduleNewOrchestrationInstanceAsync("Run");
        });
        await starting.Task;

        // Readers do not wait.
        Assert.Null(await host.Client.GetInstanceAsync("nobody"));
        Assert.False(start.IsCompleted);
        await transaction.CommitAsync();
        Assert.NotNull(await start.WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task Options_are_validated_when_the_host_starts()
    {
        Task StartAsync(Action<SqliteOrchestrationOptions> options) => TestHost.StartAsync(Path, _ => { }, options);

        Assert.Contains("Path is missing", (await RefusedByAsync(o => o.Path = "")).Message, StringComparison.Ordinal);
        Assert.Contains("WorkItemLockTimeout is 00:00:00", (await RefusedByAsync(o => o.WorkItemLockTimeout = default)).Message, StringComparison.Ordinal);
        Assert.Contains("MaxConcurrentActivities is 0", (await RefusedByAsync(o => o.MaxConcurrentActivities = 0)).Message, StringComparison.Ordinal);

        async Task<OptionsValidationException> RefusedByAsync(Action<SqliteOrchestrationOptions> options) =>
            await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(options));
    }

    private async Task<SqliteOrchestrationException> RefusedAsync(SqliteOrchestrationError error)
    {
        var refused = await Assert.ThrowsAsync<SqliteOrchestrationException>(() => TestHost.StartAsync(Path, _ => { }));
        Assert.Equal(error, refused.Error);
        Assert.Contains(Path, refused.Message, StringComparison.Ordinal);
        return refused;
    }
}

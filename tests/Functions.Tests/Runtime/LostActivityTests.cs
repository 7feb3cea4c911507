namespace TfeBackup.Functions.Tests.Runtime;

/// <summary>Activities that the host counts as failed because their worker is gone.</summary>
public sealed class LostActivityTests
{
    [Fact]
    public async Task An_activity_whose_worker_died_is_run_again()
    {
        var runs = 0;
        var site = await ScriptedSite.CreateAsync();
        await using var app = await FunctionsApp.StartAsync(
            site.Compose,
            site,
            around: (name, run) => name == "StreamBackup" && Interlocked.Increment(ref runs) == 1
                ? throw new InvalidOperationException("dotnet exited with code 137 (0x89)")
                : run());
        var ended = await app.EndAsync(await app.Operations.StartBackupAsync("old", default));

        Assert.Null(ended.Failure);
        Assert.Equal(2, runs);
        Assert.Single(await site.RecordsAsync());

        Assert.Equal(1, ended.Status!.Steps.Single(step => step.Name == "stream").Retries);
    }
}

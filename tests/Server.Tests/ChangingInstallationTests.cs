using System.Text;
using TfeBackup.Archive;
using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport.Installations;
using Xunit.Abstractions;

namespace TfeBackup.Server.Tests;

/// <summary>Backups of an installation whose application writes and deletes all the while.</summary>
public sealed class ChangingInstallationTests(ITestOutputHelper output)
{
    private const int Objects = 300;

    private int _round;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_row_of_a_backup_points_at_an_object_in_it_or_at_one_that_it_says_is_missing(bool blob)
    {
        await using var installation = await TestInstallation.CreateAsync(blob: blob);
        await installation.Database.ExecuteAsync("CREATE TABLE states (key text PRIMARY KEY)");
        for (var i = 0; i < Objects; i++)
        {
            await PutAsync(installation, $"states/{i}");
        }

        await using var service = await BackupService.StartAsync(installation);
        using var ending = new CancellationTokenSource();
        var application = Enumerable.Range(0, 3).Select(writer => Task.Run(() => ChangeAsync(installation, writer, () => Volatile.Read(ref _round), ending.Token))).ToArray();
        var (rows, vanished) = (0, 0);
        for (var round = 0; round < Repetitions.OrUsually(2); round++)
        {
            Volatile.Write(ref _round, round + 1);
            var (pointed, carried, missing) = await ReadAsync(await service.BackupAsync());
            (rows, vanished) = (rows + pointed.Count, vanished + missing.Count);
            output.WriteLine($"Round {round}: {pointed.Count} rows, {carried.Count} objects, {missing.Count} recorded as vanished");
            Assert.Empty(pointed.Except(carried).Except(missing));
            Assert.All(application, task => Assert.False(task.IsCompleted, task.Exception?.Message));
        }

        await ending.CancelAsync();
        await Task.WhenAll(application);
        output.WriteLine($"{rows} rows, {vanished} recorded as vanished, none points at nothing");
        Assert.NotEqual(0, rows);
    }

    /// <summary>
    /// As an application does it: an object before its row, and the end of a row before its object. In each backup it deletes half of what was there
    /// before; in a directory also, all the while, what it has just made. Azurite forgets what is deleted, as an account without soft delete does.
    /// </summary>
    private static async Task ChangeAsync(TestInstallation installation, int writer, Func<int> round, CancellationToken ending)
    {
        var random = new Random(writer);
        var mine = new Queue<string>(Enumerable.Range(0, Objects).Where(i => i % 3 == writer).Select(static i => $"states/{i}"));
        var (seen, left) = (0, 0);
        for (var made = 0; !ending.IsCancellationRequested; made++)
        {
            if (round() is var now && now != seen)
            {
                (seen, left) = (now, mine.Count / 2);
            }

            var key = $"states/{writer}-{made}";
            if (left > 0)
            {
                left--;
                await PutAsync(installation, key);
                mine.Enqueue(key);
                await RemoveAsync(installation, mine.Dequeue());
            }
            else if (installation.Container is null)
            {
                await PutAsync(installation, key);
                await RemoveAsync(installation, key);
            }
            else
            {
                await installation.PutObjectAsync(mine.ElementAt(random.Next(mine.Count)), new byte[random.Next(5000)]);
            }
        }
    }

    private static async Task RemoveAsync(TestInstallation installation, string key)
    {
        await installation.Database.ExecuteAsync($"DELETE FROM states WHERE key = '{key}'", CancellationToken.None);
        await DeleteAsync(installation, key);
    }

    private static async Task PutAsync(TestInstallation installation, string key)
    {
        await installation.PutObjectAsync(key, Encoding.ASCII.GetBytes(key));
        await installation.Database.ExecuteAsync($"INSERT INTO states VALUES ('{key}')");
    }

    private static async Task DeleteAsync(TestInstallation installation, string key)
    {
        if (installation.Container is { } container)
        {
            await container.DeleteBlobAsync(key);
        }
        else
        {
            File.Delete(Path.Combine(installation.ObjectFolder, key));
        }
    }

    private static async Task<(HashSet<string> Pointed, HashSet<string> Carried, HashSet<string> Missing)> ReadAsync(byte[] backup)
    {
        HashSet<string> pointed = [], carried = [];
        await using var index = await ArchiveIndex.OpenAsync(new MemoryStream(backup), BackupService.Password, null, default);
        foreach (var entry in await index.ReadEntriesAsync(default).ToListAsync())
        {
            if (entry.Path.StartsWith("objects/", StringComparison.Ordinal))
            {
                carried.Add(entry.Path["objects/".Length..]);
            }
            else if (entry.Path.StartsWith("database/public/states/", StringComparison.Ordinal))
            {
                using var rows = new StreamReader(await index.OpenEntryAsync(entry, default));
                pointed.UnionWith((await rows.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return (pointed, carried, [.. await index.ReadVanishedAsync(default).ToListAsync()]);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Benchmarks.Service;

/// <summary>
/// Backs up installations of several sizes through the service's API and restores them into new ones: time, and the peak
/// resident memory of each service process. A fifth of the bytes are rows, the rest one encrypted object of random bytes.
/// </summary>
internal static class ServiceBenchmark
{
    /// <summary>Runs it for sizes in gigabytes (10⁹ bytes), and compares the last with a plain copy of the same bytes.</summary>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        double[] sizes = arguments.Count == 0 ? [1, 2, 4] : [.. arguments.Select(argument => double.Parse(argument, CultureInfo.InvariantCulture))];
        Console.WriteLine("  data   backup         peak   restore        peak   digest of the same bytes alone");
        foreach (var size in sizes)
        {
            await RunAsync(size);
        }
    }

    private static async Task RunAsync(double size)
    {
        var rows = (long)(size * 200_000_000);
        var objects = (long)(size * 800_000_000);
        await using var old = await TestInstallation.CreateFilledAsync();
        await using var fresh = await TestInstallation.CreateAsync();
        await old.PutRowsAsync(rows);
        await old.PutLargeObjectAsync("large/one", objects);
        await using var oldService = await BackupService.StartAsync(old, TestInstallation.DefaultWorkFactor);
        await using var newService = await BackupService.StartAsync(fresh);
        using var folder = new TempFolder();

        var watch = Stopwatch.StartNew();
        await using (var file = File.Create(folder.Combine("backup.blob")))
        {
            using var response = await oldService.BackupAsync(BackupService.Document(BackupService.Password));
            await BackupService.RequireAsync(response, HttpStatusCode.OK);
            await response.Content.CopyToAsync(file);
        }

        var backup = watch.Elapsed;
        watch.Restart();
        using var form = BackupService.Form(BackupService.Document(BackupService.Password), File.OpenRead(folder.Combine("backup.blob")));
        using var answer = await newService.RestoreAsync(form);
        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
        var restore = watch.Elapsed;
        watch.Restart();
        await System.Security.Cryptography.SHA256.HashDataAsync(File.OpenRead(folder.Combine("backup.blob")));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{size,3:0.#} GB {backup.TotalSeconds,6:F1} s {oldService.Process.PeakMemory / 1e6,6:F0} MB {restore.TotalSeconds,7:F1} s {newService.Process.PeakMemory / 1e6,6:F0} MB   {watch.Elapsed.TotalSeconds,6:F1} s"));
    }
}

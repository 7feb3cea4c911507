using System.Diagnostics;
using System.Globalization;
using TfeBackup.Archive;
using TfeBackup.TestSupport;

namespace TfeBackup.Benchmarks.Archive;

/// <summary>
/// How fast backups are written and read, beside <c>zstd -1 | age</c> and <c>age -d | zstd -d</c> on the same bytes where the
/// machine has these programs (which write no hash of every entry). Processor time is given too: it is what counts on a
/// machine that has other work. Without the password's derivation, which takes its second or two whatever the size.
/// </summary>
internal static class ArchiveBenchmark
{
    private const int Block = 1 << 20;
    private const string Password = "benchmark";

    /// <summary>Runs it.</summary>
    /// <param name="arguments">How many MiB each case has; 512 without.</param>
    public static async Task RunAsync(string[] arguments)
    {
        var blocks = arguments is [var size, ..] ? int.Parse(size, CultureInfo.InvariantCulture) : 512;
        using var folder = new TempFolder();
        foreach ((var name, var data) in new[] { ("rows", SampleData.Rows(64 * Block)), ("noise", SampleData.Noise(64 * Block)) })
        {
            await RunCaseAsync(folder, name, data, blocks);
        }
    }

    private static async Task RunCaseAsync(TempFolder folder, string name, byte[] data, int blocks)
    {
        var backup = folder.Combine(name + ".blob");
        var bytes = (double)blocks * Block;

        // The first megabytes run in code that the runtime has not optimised yet; a service does that once.
        await WriteAsync(backup, data, 128);
        await VerifyAsync(backup);
        var write = await MeasureAsync(() => WriteAsync(backup, data, blocks));
        var read = await MeasureAsync(() => VerifyAsync(backup));
        Console.WriteLine($"{name}: {blocks} MiB to {new FileInfo(backup).Length / bytes:P0}; write {write.Describe(bytes)}, verify {read.Describe(bytes)}");
        File.Delete(backup);
        if (!OnPath("zstd") || !OnPath("age") || !OnPath("age-keygen"))
        {
            Console.WriteLine("  (no zstd and age on the PATH to compare with)");
            return;
        }

        var plain = folder.Combine(name + ".plain");
        await using (var file = File.Create(plain))
        {
            for (var i = 0; i < blocks; i++)
            {
                await file.WriteAsync(data.AsMemory((int)((long)i * Block % data.Length), Block));
            }
        }

        var key = folder.Combine(name + ".key");
        await ShellAsync($"age-keygen -o {key} 2>/dev/null");
        var toolWrite = await ShellAsync($"zstd -q -1 -T0 -c {plain} | age -r $(age-keygen -y {key}) > {backup}");
        var toolRead = await ShellAsync($"age -d -i {key} {backup} | zstd -q -d -c > /dev/null");
        Console.WriteLine($"  zstd and age: write {toolWrite.Describe(bytes)}, read {toolRead.Describe(bytes)}");
        Console.WriteLine(
            $"  ours to theirs: write {write.Seconds / toolWrite.Seconds:F2} of the time, {write.Processor / toolWrite.Processor:F2} of the processor; " +
            $"read {read.Seconds / toolRead.Seconds:F2} and {read.Processor / toolRead.Processor:F2}");
        File.Delete(plain);
        File.Delete(backup);
    }

    private static async Task WriteAsync(string path, byte[] data, int blocks)
    {
        var info = new BackupInfo
        {
            Id = "benchmark",
            Created = DateTimeOffset.UnixEpoch,
            Installation = "benchmark",
            ProductVersion = "0",
            PostgresVersion = "0",
            ObjectsIncluded = true,
        };
        await using var file = File.Create(path);
        await using var writer = await ArchiveWriter.CreateAsync(file, Password, info, new ArchiveWriterOptions { WorkFactor = 1 }, default);
        await writer.WriteSchemaAsync("{}"u8.ToArray(), default);
        for (var i = 0; i < blocks; i++)
        {
            await writer.WritePartAsync("public", "rows", data.AsMemory(i * Block % data.Length, Block), default);
        }

        await writer.WritePartAsync("public", "rows", "\n"u8.ToArray(), default);
        await writer.WriteSequencesAsync("{}"u8.ToArray(), default);
        await writer.CompleteAsync(default);
    }

    private static async Task VerifyAsync(string path)
    {
        await using var file = File.OpenRead(path);
        await ArchiveVerifier.VerifyAsync(file, Password, null, default);
    }

    private static async Task<Cost> MeasureAsync(Func<Task> work)
    {
        var processor = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        await work();
        return new Cost(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
    }

    private static async Task<Cost> ShellAsync(string command)
    {
        // The shell's own account of what its children took: user and system time on the last line, as 0m1.25s 0m0.10s.
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(
            new ProcessStartInfo("sh", ["-c", $"set -e; {command}; times"]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{command}' ended with {process.ExitCode}.");
        }

        var processor = output.TrimEnd().Split('\n')[^1].Split(' ').Sum(time =>
        {
            var parts = time.TrimEnd('s').Split('m');
            return (60 * double.Parse(parts[0], CultureInfo.InvariantCulture)) + double.Parse(parts[1], CultureInfo.InvariantCulture);
        });
        return new Cost(Stopwatch.GetElapsedTime(start).TotalSeconds, processor);
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private readonly record struct Cost(double Seconds, double Processor)
    {
        public string Describe(double bytes) => $"{bytes / Seconds / 1e6:F0} MB/s ({Processor / bytes * 1e9:F1} s of processor a GB)";
    }
}

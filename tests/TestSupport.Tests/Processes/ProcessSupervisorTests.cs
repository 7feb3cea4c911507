using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TfeBackup.TestSupport.Processes;
using Xunit;

namespace TfeBackup.TestSupport.Tests.Processes;

public sealed class ProcessSupervisorTests
{
    // A host that asks the supervisor for what its standard input says, and then waits to be killed.
    private const string Host = """
        const { spawn } = require('node:child_process');
        const supervisor = spawn('node', [process.argv[1]], { stdio: ['pipe', 'inherit', 'inherit'] });
        process.stdin.on('data', (request) => supervisor.stdin.write(request));
        setInterval(() => {}, 1000);
        """;

    private static readonly string[] SleepArguments = ["1000"];

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Processes_and_folders_are_gone_after_their_host_was_killed()
    {
        var folder = Directory.CreateTempSubdirectory("tfe-backup-test-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "file"), "content");
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-e");
        start.ArgumentList.Add(Host);
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Processes", "supervise.mjs"));

        using var host = Process.Start(start)!;
        await RequestAsync(host, new { op = "own", path = folder });
        await RequestAsync(host, new { op = "start", id = 1, file = "sleep", args = SleepArguments, log = Path.Combine(folder, "log") });
        var started = JsonDocument.Parse((await host.StandardOutput.ReadLineAsync())!).RootElement;
        var sleeping = started.GetProperty("pid").GetInt32();
        Assert.True(IsRunning(sleeping));

        host.Kill();

        await WaitFor.ConditionAsync(() => !IsRunning(sleeping), "the process to end", Deadline);
        await WaitFor.ConditionAsync(() => !Directory.Exists(folder), "the folder to vanish", Deadline);
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_said_not_to_start()
    {
        using var folder = new TempFolder();

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ProcessSupervisor.Shared.StartAsync(new ProcessStart("no-such-program", [], folder.Combine("log"))));

        Assert.Contains("no-such-program", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exit_codes_signals_and_logs_are_told()
    {
        using var folder = new TempFolder();
        var failed = await ProcessSupervisor.Shared.StartAsync(new ProcessStart("sh", ["-c", "echo $WORD >&2; exit 3"], folder.Combine("failed"))
        {
            Environment = new Dictionary<string, string?> { ["WORD"] = "hello" },
        });
        var killed = await ProcessSupervisor.Shared.StartAsync(new ProcessStart("sleep", ["1000"], folder.Combine("killed")));

        Assert.Equal(3, await failed.Exited.WaitAsync(Deadline));
        Assert.Equal("hello\n", failed.ReadLog());
        Assert.Equal(128 + 15, await killed.StopAsync("SIGTERM"));
        Assert.False(killed.IsRunning);
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ProcessSupervisor.Shared.RunAsync(new ProcessStart("sh", ["-c", "echo why; exit 1"], folder.Combine("run"))));
        Assert.Contains("why", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_does_not_heed_a_signal_is_killed()
    {
        using var folder = new TempFolder();
        var log = folder.Combine("log");
        var deaf = await ProcessSupervisor.Shared.StartAsync(new ProcessStart("sh", ["-c", "trap '' TERM; echo deaf; while true; do sleep 0.1; done"], log));
        await WaitFor.ConditionAsync(() => deaf.ReadLog().Length > 0, "the trap to be set", Deadline);

        Assert.Equal(128 + 9, await deaf.StopAsync("SIGTERM", TimeSpan.FromMilliseconds(300)));
    }

    private static Task RequestAsync(Process host, object request) => host.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request));

    // A zombie has ended; only its parent has not asked yet.
    private static bool IsRunning(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            var status = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat");
            return !process.HasExited && !(File.Exists(status) && File.ReadAllText(status).Contains(") Z ", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is ArgumentException or IOException or InvalidOperationException)
        {
            return false;
        }
    }
}

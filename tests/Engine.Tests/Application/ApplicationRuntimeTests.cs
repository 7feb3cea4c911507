using TfeBackup.Engine.Application;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Engine.Tests.Application;

public sealed class ApplicationRuntimeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_application_is_stopped_and_started_by_its_commands()
    {
        var running = _folder.Combine("it's running");
        var control = Create(new ApplicationCommands
        {
            Stop = ["rm", "-f", running],
            Start = ["touch", running],
            Status = Shell("test -e \"$1\" && echo up || echo down", running),
            StoppedPattern = "down",
            RunningPattern = "up",
        });

        await control.StartAsync(default);
        await control.StartAsync(default);
        Assert.Equal(ApplicationState.Running, (await control.GetStatusAsync(default)).State);
        await control.StopAsync(default);
        await control.StopAsync(default);
        Assert.Equal(ApplicationState.Stopped, (await control.GetStatusAsync(default)).State);
        Assert.False(control.CanDrain);
        await control.DrainAsync(default);
        Assert.Equal($"rm -f '{running.Replace("'", "'\\''", StringComparison.Ordinal)}' / touch '{running.Replace("'", "'\\''", StringComparison.Ordinal)}'", control.Description);
    }

    [Theory]
    [InlineData(0, ApplicationState.Running)]
    [InlineData(3, ApplicationState.Stopped)]
    public async Task Without_patterns_the_exit_code_tells(int code, ApplicationState state) =>
        Assert.Equal(state, (await WithStatus($"exit {code}").GetStatusAsync(default)).State);

    [Theory]
    [InlineData("echo stopping", ApplicationState.Changing)]
    [InlineData("echo stopped and started", ApplicationState.Changing)]
    [InlineData("echo", ApplicationState.Changing)]
    [InlineData("echo stopped", ApplicationState.Stopped)]
    [InlineData("echo started", ApplicationState.Running)]
    public async Task What_matches_neither_or_both_patterns_is_changing(string script, ApplicationState state)
    {
        var status = await WithStatus(script, "stopped", "started").GetStatusAsync(default);

        Assert.Equal(state, status.State);
        Assert.StartsWith("/bin/sh -c", status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("anything")]
    public async Task A_status_command_that_fails_is_not_a_status(string? pattern) => await AssertThrowsAsync(
        EngineError.CommandFailed, () => WithStatus("echo cannot connect >&2; exit 4", pattern, pattern).GetStatusAsync(default), "exit code 4: cannot connect");

    [Fact]
    public async Task Half_an_answer_is_not_a_status() => await AssertThrowsAsync(
        EngineError.Unsupported,
        () => WithStatus("echo started; yes stopped | head -c 100000", "stopped", "started").GetStatusAsync(default),
        "Use a Status command with less output");

    [Fact]
    public async Task A_command_that_fails_says_why_at_the_end_of_its_output() => await AssertThrowsAsync(
        EngineError.CommandFailed,
        () => WithStop("i=0; while [ $i -lt 2000 ]; do echo noise $i >&2; i=$((i+1)); done; echo the real reason >&2; exit 1").StopAsync(default),
        "the real reason");

    [Fact]
    public async Task A_program_that_is_not_there_is_a_matter_of_configuration() => await AssertThrowsAsync(
        EngineError.InvalidRequest, () => With(["no-such-program", "stop"]).StopAsync(default), "no-such-program stop");

    [Fact]
    public async Task A_command_that_takes_too_long_is_killed_with_what_it_started()
    {
        var pid = _folder.Combine("pid");
        var control = With(Shell("sleep 1000 & echo $! > \"$1\"; wait", pid), TimeSpan.FromSeconds(1));

        await AssertThrowsAsync(EngineError.TimedOut, () => control.StopAsync(default), "within 1 s");

        var child = (await File.ReadAllTextAsync(pid)).Trim();
        await WaitFor.ConditionAsync(() => !IsAlive(child), "the command's child to be gone", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_cancelled_command_is_killed()
    {
        using var cancel = new CancellationTokenSource();
        var pid = _folder.Combine("pid");
        var stopping = With(Shell("echo $$ > \"$1\"; exec sleep 1000", pid)).StopAsync(cancel.Token);
        await WaitFor.ConditionAsync(() => File.Exists(pid) && File.ReadAllText(pid).EndsWith('\n'), "the command to run", TimeSpan.FromSeconds(10));

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopping);
        Assert.False(IsAlive((await File.ReadAllTextAsync(pid)).Trim()));
    }

    [Fact]
    public async Task Of_a_long_output_only_the_end_is_kept()
    {
        var result = await new ProcessRunner(TimeProvider.System).RunAsync(
            Shell("yes | head -c 10000001; printf end"), TimeSpan.FromMinutes(1), default);

        Assert.Equal(64 << 10, result.Output.Length);
        Assert.EndsWith("y\ny\nyend", result.Output, StringComparison.Ordinal);
        Assert.True(result.IsCut);
    }

    [Fact]
    public async Task A_command_that_leaves_something_running_ends_all_the_same()
    {
        var pid = _folder.Combine("pid");
        await With(Shell("sleep 1000 & echo $! > \"$1\"", pid)).StopAsync(default).WaitAsync(TimeSpan.FromSeconds(30));

        var left = (await File.ReadAllTextAsync(pid)).Trim();
        Assert.True(IsAlive(left));
        using var kill = System.Diagnostics.Process.Start("kill", left);
        await kill.WaitForExitAsync();
    }

    [Fact]
    public async Task Secrets_of_this_process_are_not_in_a_commands_environment()
    {
        foreach (var name in (string[])["MY_SECRETS_COMMAND_TEST", "TFEBACKUP__STORE__CONNECTIONSTRING", "Installation__Token", "AZURE_CLIENT_SECRET"])
        {
            Environment.SetEnvironmentVariable(name, "planted-9Xw2");
        }

        var file = _folder.Combine("environment");

        await new ProcessRunner(TimeProvider.System, "MY_SECRETS_").RunAsync(Shell("env > \"$1\"", file), TimeSpan.FromMinutes(1), default);

        var environment = await File.ReadAllTextAsync(file);
        Assert.Contains("PATH=", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("9Xw2", environment, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_gets_no_input()
    {
        await WithStop("read line && exit 1 || exit 0").StopAsync(default);
    }

    [Fact]
    public async Task A_pattern_that_never_ends_comparing_is_a_matter_of_configuration() => await AssertThrowsAsync(
        EngineError.InvalidRequest,
        () => WithStatus("printf 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'", "^(a+)+$", "started").GetStatusAsync(default),
        "Simplify");

    private static ApplicationRuntime Create(ApplicationCommands commands, TimeSpan? timeout = null) =>
        new(commands, timeout ?? TimeSpan.FromMinutes(1), new ProcessRunner(TimeProvider.System));

    private static string[] Shell(string script, params string[] arguments) => ["/bin/sh", "-c", script, "sh", .. arguments];

    private static ApplicationRuntime With(string[] stop, TimeSpan? timeout = null) => Create(
        new ApplicationCommands { Stop = stop, Start = ["true"], Status = ["true"] }, timeout);

    private static ApplicationRuntime WithStop(string script) => With(Shell(script));

    private static ApplicationRuntime WithStatus(string script, string? stopped = null, string? running = null) => Create(new ApplicationCommands
    {
        Stop = ["true"],
        Start = ["true"],
        Status = Shell(script),
        StoppedPattern = stopped,
        RunningPattern = running,
    });

    private static bool IsAlive(string pid) =>
        File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    private static async Task AssertThrowsAsync(EngineError error, Func<Task> action, string words)
    {
        var exception = await Assert.ThrowsAsync<EngineException>(action);
        Assert.Equal(error, exception.Error);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }
}

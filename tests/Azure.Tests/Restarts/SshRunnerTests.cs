using Microsoft.Extensions.Time.Testing;
using TfeBackup.Azure.Restarts;
using TfeBackup.Engine.Application;
using TfeBackup.Installations;
using TfeBackup.Installations.Commands;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Ssh;
using Xunit;

namespace TfeBackup.Azure.Tests.Restarts;

public sealed class SshRunnerTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new();
    private SshServer _server = null!;

    public async Task InitializeAsync() => _server = await SshServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_application_is_stopped_and_started_on_its_machine()
    {
        var file = _folder.Combine("running");
        var control = new CommandControl(
            new RestartDefinition
            {
                Kind = RestartKind.Command,
                Commands = new ApplicationCommands
                {
                    Stop = ["rm", "-f", file],
                    Status = ["sh", "-c", $"[ -e {file} ] || exit 3"],
                    Start = ["touch", file],
                },
                Timeout = Deadline,
            },
            Runner());
        await control.StartAsync(default);
        var running = await control.GetStatusAsync(default);
        await control.StopAsync(default);
        var stopped = await control.GetStatusAsync(default);

        Assert.Equal((ApplicationState.Running, ApplicationState.Stopped), (running.State, stopped.State));
        Assert.Contains("on 127.0.0.1", control.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("it's")]
    [InlineData("a b\tc\nd")]
    [InlineData("$HOME `id` $(id) \\ \" ; | & > < * ? [x] {y} ~ # !")]
    [InlineData("")]
    [InlineData("ü€漢")]
    public async Task Arguments_arrive_as_they_are(string argument)
    {
        var result = await Runner().RunAsync(["printf", "%s|", argument, "last"], Deadline, default);

        Assert.Equal((0, $"{argument}|last|", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public async Task Exit_code_and_both_outputs_come_back()
    {
        var result = await Runner().RunAsync(["sh", "-c", "echo out; echo err >&2; exit 7"], Deadline, default);

        Assert.Equal(new CommandResult(7, "out\n", "err\n"), result);
    }

    [Fact]
    public async Task Of_much_output_the_end_is_kept()
    {
        var result = await Runner().RunAsync(["sh", "-c", "seq 1 200000; seq 1 200000 >&2"], Deadline, default);

        Assert.Equal((64 << 10, 64 << 10), (result.Output.Length, result.Errors.Length));
        Assert.EndsWith("\n200000\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_another_key_is_not_even_told_who_asks()
    {
        var other = "SHA256:" + new string('A', 43);

        var exception = await Assert.ThrowsAsync<OperationException>(() => Runner(hostKey: other).RunAsync(["true"], Deadline, default));

        Assert.Equal(OperationError.Refused, exception.Error);
        Assert.Contains(_server.HostKey, exception.Message, StringComparison.Ordinal);
        Assert.Contains(other, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_server.Events(), line => line.StartsWith("authentication", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_that_is_not_let_in_is_refused()
    {
        await using var other = await SshServer.StartAsync();

        var exception = await Assert.ThrowsAsync<OperationException>(() => Runner(key: other.Key).RunAsync(["true"], Deadline, default));

        Assert.Equal(OperationError.Refused, exception.Error);
        Assert.Contains("authorized_keys", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("planted-9Xw2")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nplanted9Xw2\n-----END OPENSSH PRIVATE KEY-----")]
    public async Task A_secret_that_is_no_key_is_refused_and_not_repeated(string key)
    {
        var exception = await Assert.ThrowsAsync<OperationException>(() => Runner(key: key).RunAsync(["true"], Deadline, default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.Contains("ssh-key", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("9Xw2", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_a_matter_of_configuration()
    {
        var exception = await Assert.ThrowsAsync<OperationException>(() => Runner().RunAsync(["no-such-program"], Deadline, default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
    }

    [Fact]
    public async Task A_command_that_takes_too_long_is_sent_a_signal()
    {
        var time = new FakeTimeProvider();
        var running = Runner(time: time).RunAsync(["sleep", "600"], Deadline, default);
        await WaitFor.ConditionAsync(() => _server.Events().Contains("exec"), "the command to begin", Deadline);
        time.Advance(Deadline);
        var exception = await Assert.ThrowsAsync<OperationException>(() => running);

        Assert.Equal(OperationError.TimedOut, exception.Error);
        await WaitFor.ConditionAsync(() => _server.Events().Contains("signal TERM"), "the signal to arrive", Deadline);
    }

    [Fact]
    public async Task A_command_that_a_signal_ends_has_no_exit_code()
    {
        var exception = await Assert.ThrowsAsync<OperationException>(() => Runner().RunAsync(["sh", "-c", "kill -9 $$"], Deadline, default));

        Assert.Equal(OperationError.Unavailable, exception.Error);
        Assert.Contains("SIGKILL", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_is_not_there_is_unavailable()
    {
        var port = _server.Port;
        await _server.DisposeAsync();

        var exception = await Assert.ThrowsAsync<OperationException>(() => Runner(port: port).RunAsync(["true"], Deadline, default));

        Assert.Equal(OperationError.Unavailable, exception.Error);
        Assert.Contains($"port {port}", exception.Message, StringComparison.Ordinal);
    }

    private SshRunner Runner(string? key = null, string? hostKey = null, int? port = null, TimeProvider? time = null) => new(
        new SshDefinition("127.0.0.1", port ?? _server.Port, _server.User, new SecretReference("ssh-key"), hostKey ?? _server.HostKey),
        new OneSecret(key ?? _server.Key),
        time ?? TimeProvider.System);
}

using System.Globalization;
using Azure.Core;
using Azure.ResourceManager;
using Microsoft.Extensions.Time.Testing;
using TfeBackup.Azure.Restarts;
using TfeBackup.Engine.Application;
using TfeBackup.Installations;
using TfeBackup.Installations.Commands;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.ResourceManager;
using Xunit;

namespace TfeBackup.Azure.Tests.Restarts;

public sealed class RunCommandTests : IAsyncLifetime
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new();
    private ResourceManagerServer _azure = null!;

    public async Task InitializeAsync() => _azure = await ResourceManagerServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _azure.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_application_is_stopped_and_started_on_its_machine()
    {
        var control = new CommandControl(Application(), Runner(_azure.AddMachine("tfe-1")));
        await control.StartAsync(default);
        var running = await control.GetStatusAsync(default);
        await control.StopAsync(default);
        var stopped = await control.GetStatusAsync(default);

        Assert.Equal((ApplicationState.Running, ApplicationState.Stopped), (running.State, stopped.State));
        Assert.Contains("on the virtual machine tfe-1", stopped.Detail, StringComparison.Ordinal);
        Assert.Empty(_azure.Commands);
    }

    [Theory]
    [InlineData("it's")]
    [InlineData("a b\tc\nd")]
    [InlineData("$HOME `id` $(id) \\ \" ; | & > < * ? [x] {y} ~ # !")]
    [InlineData("")]
    [InlineData("-n")]
    [InlineData("ü€漢")]
    public async Task Arguments_arrive_as_they_are(string argument)
    {
        var result = await Runner(_azure.AddMachine("tfe-1")).RunAsync(["printf", "%s|", argument, "last"], Deadline, default);

        Assert.Equal((0, $"{argument}|last|", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public async Task A_command_that_fails_says_with_what_code_and_what_it_wrote()
    {
        var control = new CommandControl(
            Application(stop: ["sh", "-c", "echo never mind; echo disk full >&2; exit 7"]), Runner(_azure.AddMachine("tfe-1")));

        var exception = await Assert.ThrowsAsync<OperationException>(() => control.StopAsync(default));

        Assert.Equal(OperationError.Refused, exception.Error);
        Assert.Contains("failed on the virtual machine tfe-1 with exit code 7: disk full", exception.Message, StringComparison.Ordinal);
        Assert.Empty(_azure.Commands);
    }

    [Fact]
    public async Task Of_much_output_the_end_and_the_exit_code_come_back_whichever_end_the_agent_cuts()
    {
        var machine = _azure.AddMachine("tfe-1");
        var command = (string[])["sh", "-c", "seq 1 100000; seq 1 100000 >&2; echo the real reason >&2; exit 7"];
        foreach (var keepsEnd in (bool[])[true, false])
        {
            _azure.AgentsKeepTheEnd = keepsEnd;
            var result = await Runner(machine).RunAsync(command, Deadline, default);

            Assert.Equal((7, true), (result.ExitCode, result.IsCut));
            Assert.Equal(RunCommandScript.KeptOutput, result.Output.Length);
            Assert.EndsWith("99999\n100000\n", result.Output, StringComparison.Ordinal);
            Assert.Equal(RunCommandScript.KeptErrors, result.Errors.Length);
            Assert.EndsWith("100000\nthe real reason\n", result.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_command_that_has_ended_leaves_nothing_on_its_machine()
    {
        var result = await Runner(_azure.AddMachine("tfe-1")).RunAsync(["readlink", "/proc/self/fd/1"], Deadline, default);

        Assert.EndsWith("/output\n", result.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.GetDirectoryName(result.Output.Trim())));
        Assert.Equal((0, "", false), (result.ExitCode, result.Errors, result.IsCut));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_a_matter_of_configuration()
    {
        var exception = await Assert.ThrowsAsync<OperationException>(
            () => Runner(_azure.AddMachine("tfe-1")).RunAsync(["no-such-program"], Deadline, default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.Contains("no-such-program", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_takes_too_long_is_ended_by_the_agent()
    {
        var exception = await Assert.ThrowsAsync<OperationException>(
            () => Runner(_azure.AddMachine("tfe-1")).RunAsync(["sleep", "600"], TimeSpan.FromSeconds(1), default));

        Assert.Equal(OperationError.TimedOut, exception.Error);
        Assert.Contains("stopped by the machine's agent", exception.Message, StringComparison.Ordinal);
        Assert.Empty(_azure.Commands);
    }

    [Fact]
    public async Task A_machine_whose_agent_is_silent_is_given_up_and_nothing_is_left_on_it()
    {
        _azure.AgentsAreSilent = true;
        var time = new FakeTimeProvider();
        var running = Runner(_azure.AddMachine("tfe-1"), time).RunAsync(["true"], TimeSpan.FromMinutes(15), default);
        await WaitFor.ConditionAsync(() => _azure.Scripts.Count == 1, "the command to be accepted", Deadline);

        time.Advance(TimeSpan.FromMinutes(21));

        var exception = await Assert.ThrowsAsync<OperationException>(() => running);
        Assert.Equal(OperationError.TimedOut, exception.Error);
        Assert.Empty(_azure.Commands);
    }

    [Fact]
    public async Task Who_gives_up_leaves_nothing_running()
    {
        var marker = _folder.Combine("marker");
        using var cancellation = new CancellationTokenSource();
        var running = Runner(_azure.AddMachine("tfe-1")).RunAsync(["sh", "-c", $"touch {marker}; sleep 600"], Deadline, cancellation.Token);
        await WaitFor.ConditionAsync(() => File.Exists(marker), "the command to run", Deadline);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Empty(_azure.Commands);
    }

    [Fact]
    public async Task An_operation_that_is_accepted_and_fails_later_fails()
    {
        _azure.FailOperations = "VMExtensionProvisioningTimeout";

        var exception = await Assert.ThrowsAsync<OperationException>(() => Runner(_azure.AddMachine("tfe-1")).RunAsync(["true"], Deadline, default));

        Assert.Equal(OperationError.Refused, exception.Error);
        Assert.Contains("VMExtensionProvisioningTimeout", exception.Message, StringComparison.Ordinal);
        Assert.Empty(_azure.Commands);
    }

    [Theory]
    [InlineData(403, "AuthorizationFailed", OperationError.Refused, "runCommands/{read,write,delete}")]
    [InlineData(404, "ResourceNotFound", OperationError.InvalidConfiguration, "Restart:VirtualMachine")]
    [InlineData(409, "OperationNotAllowed", OperationError.Unavailable, "not running")]
    [InlineData(429, "TooManyRequests", OperationError.Unavailable, "busy")]
    [InlineData(503, "ServerTimeout", OperationError.Unavailable, "busy")]
    public async Task A_refusal_says_whose_it_is(int status, string code, OperationError expected, string hint)
    {
        _azure.Refuse = (method, _) => method == "PUT" ? (status, code) : null;

        var exception = await Assert.ThrowsAsync<OperationException>(() => Runner(_azure.AddMachine("tfe-1")).RunAsync(["true"], Deadline, default));

        Assert.Equal(expected, exception.Error);
        Assert.Contains($"{status} {code}", exception.Message, StringComparison.Ordinal);
        Assert.Contains(hint, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_killed_process_left_goes_and_what_is_somebody_elses_stays()
    {
        var machine = _azure.AddMachine("tfe-1");
        var past = DateTimeOffset.UtcNow.AddMinutes(-1).ToString("O", CultureInfo.InvariantCulture);
        var future = DateTimeOffset.UtcNow.AddMinutes(10).ToString("O", CultureInfo.InvariantCulture);
        _azure.Leave(machine, "tfe-backup-old", ("tfe-backup-until", past));
        _azure.Leave(machine, "tfe-backup-new", ("tfe-backup-until", future));
        _azure.Leave(machine, "tfe-backup-untagged");
        _azure.Leave(machine, "patching", ("tfe-backup-until", past));

        await Runner(machine).RunAsync(["true"], Deadline, default);

        Assert.Equal(
            ["patching", "tfe-backup-new", "tfe-backup-untagged"],
            _azure.Commands.Select(id => id[(id.LastIndexOf('/') + 1)..]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_instance_of_a_scale_set_is_stopped_and_started()
    {
        var control = ScaleSet(_azure.AddScaleSet("tfe", 3), Application());
        await control.StartAsync(default);
        var running = await control.GetStatusAsync(default);
        File.Delete(_folder.Combine("running-1"));
        var mixed = await control.GetStatusAsync(default);
        await control.StopAsync(default);
        var stopped = await control.GetStatusAsync(default);

        Assert.Equal(ApplicationState.Running, running.State);
        Assert.Equal(ApplicationState.Changing, mixed.State);
        Assert.Contains("instance 1 of the scale set tfe", mixed.Detail, StringComparison.Ordinal);
        Assert.Equal(ApplicationState.Stopped, stopped.State);
        Assert.Empty(_azure.Commands);
    }

    [Fact]
    public async Task An_instance_that_fails_fails_the_scale_set()
    {
        var control = ScaleSet(
            _azure.AddScaleSet("tfe", 3), Application(stop: ["sh", "-c", "[ \"$MACHINE\" != 2 ] || { echo stuck >&2; exit 1; }"]));

        var exception = await Assert.ThrowsAsync<OperationException>(() => control.StopAsync(default));

        Assert.Contains("instance 2 of the scale set tfe with exit code 1: stuck", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Machines_of_a_flexible_scale_set_are_stopped_and_started_and_no_others()
    {
        _azure.AddMachine("other");
        var control = ScaleSet(_azure.AddFlexibleScaleSet("tfe", "tfe_a1", "tfe_b2"), Application());
        await control.StartAsync(default);
        var running = await control.GetStatusAsync(default);
        await control.StopAsync(default);
        var stopped = await control.GetStatusAsync(default);

        Assert.Equal((ApplicationState.Running, ApplicationState.Stopped), (running.State, stopped.State));
        Assert.Contains("on the virtual machine tfe_", running.Detail, StringComparison.Ordinal);
        Assert.Equal(
            ["tfe_a1", "tfe_b2"],
            _azure.Requests.Where(request => request.StartsWith("PUT ", StringComparison.Ordinal)).Select(request => request.Split('/')[8]).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(_azure.Requests, request => request.Contains("virtualMachineScaleSet%2Fid", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_scale_set_without_instances_is_unavailable()
    {
        var exception = await Assert.ThrowsAsync<OperationException>(() => ScaleSet(_azure.AddScaleSet("tfe", 0), Application()).StopAsync(default));

        Assert.Equal(OperationError.Unavailable, exception.Error);
    }

    private RestartDefinition Application(string[]? stop = null)
    {
        var file = $"{_folder.Root}/running-$MACHINE";
        return new RestartDefinition
        {
            Kind = RestartKind.Command,
            Commands = new ApplicationCommands
            {
                Stop = stop ?? ["sh", "-c", $"rm -f {file}"],
                Status = ["sh", "-c", $"[ -e {file} ] || exit 3"],
                Start = ["sh", "-c", $"touch {file}"],
            },
            Timeout = Deadline,
        };
    }

    private RunCommandRunner Runner(string machine, TimeProvider? time = null) =>
        new(new VirtualMachineTarget(Arm(), new ResourceIdentifier(machine)), time ?? TimeProvider.System, Poll);

    private ScaleSetControl ScaleSet(string id, RestartDefinition definition) =>
        new(Arm(), new ResourceIdentifier(id), definition, TimeProvider.System, Poll);

    private ArmClient Arm()
    {
        var options = new ArmClientOptions { Environment = new ArmEnvironment(_azure.Endpoint, "https://management.test/"), Transport = _azure.CreateTransport() };
        options.Retry.MaxRetries = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(5);
        return new ArmClient(_azure.Credential, null, options);
    }
}

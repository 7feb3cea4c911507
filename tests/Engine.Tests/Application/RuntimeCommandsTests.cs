using TfeBackup.Engine.Application;
using Xunit;

namespace TfeBackup.Engine.Tests.Application;

/// <summary>The answers of the runtimes' own commands, as they print them, and what is made of them.</summary>
public sealed class RuntimeCommandsTests
{
    [Theory]
    [InlineData("""[{"AppID":"a","DesiredState":"started","State":"stopped"}]""", ApplicationState.Stopped)]
    [InlineData("""[{"AppID":"a","DesiredState":"stopped","State":"started"}]""", ApplicationState.Running)]
    [InlineData("[\n  {\n    \"State\": \"starting\"\n  }\n]", ApplicationState.Changing)]
    [InlineData("""[{"State":"started"},{"State":"stopped"}]""", ApplicationState.Changing)]
    [InlineData("[]", ApplicationState.Changing)]
    public Task Replicated(string output, ApplicationState expected) => AssertAsync(RuntimeCommands.Replicated(), output, expected);

    [Theory]
    [InlineData("", ApplicationState.Stopped)]
    [InlineData("exited\n", ApplicationState.Stopped)]
    [InlineData("running\nrunning\n", ApplicationState.Running)]
    [InlineData("running\nrestarting\n", ApplicationState.Changing)]
    public Task Docker_Compose(string output, ApplicationState expected) =>
        AssertAsync(RuntimeCommands.DockerCompose("/etc/tfe/compose.yaml"), output, expected);

    [Theory]
    [InlineData("active\n", ApplicationState.Running)]
    [InlineData("inactive\n", ApplicationState.Stopped)]
    [InlineData("failed\n", ApplicationState.Stopped)]
    [InlineData("deactivating\n", ApplicationState.Changing)]
    [InlineData("activating\n", ApplicationState.Changing)]
    public Task Systemd(string output, ApplicationState expected) => AssertAsync(RuntimeCommands.Systemd("tfe.service"), output, expected);

    [Theory]
    [InlineData("", ApplicationState.Stopped)]
    [InlineData(" Running\n Running\n", ApplicationState.Running)]
    [InlineData(" Pending\n", ApplicationState.Changing)]
    [InlineData("2026-11-22T03:15:00Z Running\n", ApplicationState.Changing)]
    [InlineData(" Failed\n", ApplicationState.Stopped)]
    public Task Kubernetes(string output, ApplicationState expected) =>
        AssertAsync(RuntimeCommands.Kubernetes("tfe", "terraform-enterprise", "app=terraform-enterprise", 2), output, expected);

    [Theory]
    [InlineData("", ApplicationState.Stopped)]
    [InlineData("Exited\n", ApplicationState.Stopped)]
    [InlineData("Running\n", ApplicationState.Running)]
    [InlineData("Degraded\n", ApplicationState.Changing)]
    public Task Podman(string output, ApplicationState expected) => AssertAsync(RuntimeCommands.Podman("/etc/tfe/pod.yaml", "tfe"), output, expected);

    [Theory]
    [InlineData("", ApplicationState.Stopped)]
    [InlineData("complete\nfailed\n", ApplicationState.Stopped)]
    [InlineData("running\ncomplete\n", ApplicationState.Running)]
    [InlineData("pending\nrunning\n", ApplicationState.Changing)]
    public Task Nomad(string output, ApplicationState expected) => AssertAsync(RuntimeCommands.Nomad("tfe", "/etc/tfe/tfe.nomad"), output, expected);

    private static async Task AssertAsync(ApplicationCommands runtime, string output, ApplicationState expected)
    {
        // The runtime's patterns, over a command that prints what the runtime would.
        var control = new ApplicationRuntime(
            runtime with { Status = ["printf", "%s", output] }, TimeSpan.FromMinutes(1), new ProcessRunner(TimeProvider.System));

        Assert.Equal(expected, (await control.GetStatusAsync(default)).State);
    }
}

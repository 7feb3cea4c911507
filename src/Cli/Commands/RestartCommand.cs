using System.CommandLine;
using System.Text.Json;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Restarts;

namespace TfeBackup.Cli.Commands;

/// <summary><c>restart INSTALLATION</c>.</summary>
internal static class RestartCommand
{
    public static Command Create()
    {
        var installation = InstallationNames.CreateArgument();
        return new Command("restart", "Stop an installation's application, start it, and wait until it is ready.") { installation }
            .Does((context, cancellationToken) => RunAsync(context, context.Get(installation), cancellationToken));
    }

    private static async Task<int> RunAsync(CommandContext context, string name, CancellationToken cancellationToken)
    {
        using var host = OperationHost.Open(context);
        InstallationNames.Check(host.Configuration, name);
        var ended = await new OperationRunner(host, context).RunAsync(
            (service, token) => service.StartRestartAsync(name, token),
            other => other.Name == RestartOrchestration.OrchestrationName
                && JsonSerializer.Deserialize(other.Input, CliJson.Default.RestartInput) == new RestartInput(name),
            cancellationToken);
        return OperationPrinter.PrintResult(
            context.Terminal, host, ended, instance => $"The application of {name} was restarted and is ready: {OperationService.ReadRestart(instance)!.Ready}\n");
    }
}

using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Operations;
using TfeBackup.Operations.Restart;

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

    private static Task<int> RunAsync(CommandContext context, string name, CancellationToken cancellationToken) =>
        new OperationCommand<RestartInput>(
            RestartOrchestrator.OrchestrationName,
            new RestartInput(name),
            CliJson.Default.RestartInput,
            (service, token) => service.StartRestartAsync(name, token),
            instance => $"The application of {name} was restarted and is ready: {OperationQueries.ReadRestart(instance)!.Ready}\n")
            .RunAsync(context, name, cancellationToken);
}

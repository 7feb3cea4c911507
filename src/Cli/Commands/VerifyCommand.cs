using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Cli.Output;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Cli.Commands;

/// <summary><c>verify BACKUP</c>.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var backup = BackupNames.CreateArgument();
        return new Command("verify", "Read a backup back whole, check it, and add the result to the store.") { backup }
            .Does((context, cancellationToken) => RunAsync(context, context.Get(backup), cancellationToken));
    }

    private static async Task<int> RunAsync(CommandContext context, string name, CancellationToken cancellationToken)
    {
        using var host = OperationHost.Open(context);
        var (record, _) = await new BackupFinder(Composition.CreateStore(host.Configuration)).FindAsync(name, preferred: null, cancellationToken);
        return await new OperationCommand<VerifyInput>(
            VerifyOrchestration.OrchestrationName,
            new VerifyInput(record.Key),
            CliJson.Default.VerifyInput,
            (service, token) => service.StartVerifyAsync(record.Key, token),
            Print).RunAsync(context, host, cancellationToken);
    }

    private static string Print(WorkflowInstance instance)
    {
        // An operation whose backup does not pass has failed.
        var proof = OperationService.ReadCheck(instance)!.Verification!;
        return $"The backup passed: {Human.Size(proof.Size)} read back and checked ({Words.OfMethod(proof.Method)}).\n";
    }
}

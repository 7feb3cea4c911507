using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Cli.Output;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Cli.Commands;

/// <summary><c>verify BACKUP</c>.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var backup = BackupNames.CreateArgument();
        return new Command("verify", "Read a whole backup back, verify it, and record the result in the store.") { backup }
            .Does((context, cancellationToken) => RunAsync(context, context.Get(backup), cancellationToken));
    }

    private static async Task<int> RunAsync(CommandContext context, string name, CancellationToken cancellationToken)
    {
        await using var host = OperationHost.Open(context);
        var (record, _) = await new BackupFinder(host.Store).FindAsync(name, cancellationToken);
        return await new OperationCommand<VerifyInput>(
            VerifyOrchestrator.OrchestrationName,
            new VerifyInput(record.Key),
            CliJson.Default.VerifyInput,
            (service, token) => service.StartVerifyAsync(record.Key, token),
            Print).RunAsync(context, host, cancellationToken);
    }

    private static string Print(OperationInstance instance)
    {
        // An operation whose backup does not pass has failed.
        var proof = OperationQueries.ReadCheck(instance)!.Verification!;
        return $"The backup passed: {Human.Size(proof.Size)} read back and verified ({Words.OfMethod(proof.Method)}).\n";
    }
}

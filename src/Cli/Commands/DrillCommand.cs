using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Cli.Output;
using TfeBackup.Operations;
using TfeBackup.Operations.Drill;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary><c>drill INSTALLATION</c>.</summary>
internal static class DrillCommand
{
    public static Command Create()
    {
        var installation = InstallationNames.CreateArgument();
        return new Command("drill", "Restore the newest backup of an installation into its scratch installation and compare the result.") { installation }
            .Does((context, cancellationToken) => RunAsync(context, context.Get(installation), cancellationToken));
    }

    private static async Task<int> RunAsync(CommandContext context, string name, CancellationToken cancellationToken)
    {
        await using var host = OperationHost.Open(context);
        InstallationNames.Check(host.Configuration, name);
        var definition = host.Configuration.GetInstallation(name).Definition;
        return await new OperationCommand<DrillInput>(
            DrillOrchestrator.OrchestrationName,
            new DrillInput(name),
            CliJson.Default.DrillInput,
            (service, token) => service.StartDrillAsync(definition, token),
            Print).RunAsync(context, host, cancellationToken);
    }

    private static string Print(OperationInstance instance)
    {
        var drill = OperationQueries.ReadDrill(instance)!;
        return drill.Result.Compared
            ? $"Backup {drill.Backup} was restored into {drill.Result.Into} and compared: {Human.Count(drill.Result.Rows)} rows and {Human.Count(drill.Result.Objects)} objects match the backup.\n"
            : $"Backup {drill.Backup} was restored into {drill.Result.Into}; its application is ready. Its content cannot be compared.\n";
    }
}

using TfeBackup.Installations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Hosting.Diagnosis;

/// <summary>Checks that an application can be restarted, by reading its state and looking for the programs. Nothing is stopped.</summary>
internal sealed class RestartExaminer(Composition composition, InstallationClients clients, ISecretSource secrets)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public async Task<IReadOnlyList<Finding>> ExamineAsync(InstallationConnection connection, CancellationToken cancellationToken)
    {
        var subject = $"{connection.Name}: restart";
        var restart = connection.Restart;
        if (restart.Kind == RestartKind.Manual)
        {
            return [Finding.Ok(subject, "by hand: a restore waits for 'approve --restarted'")];
        }

        if (restart is { Commands: { } commands, Via: RestartVia.Local } && MissingPrograms([commands.Drain, commands.Stop, commands.Status, commands.Start]) is { Count: > 0 } missing)
        {
            return
            [
                Finding.Failed(subject, $"There is no program {string.Join(" and no program ", missing)}.", "Install it, put it on the PATH of the user this runs as, or give its full path in Restart."),
            ];
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(Limit);
        try
        {
            var control = composition.CreateControl(connection, clients, secrets)!;
            var status = await control.GetStatusAsync(ending.Token);
            return [Finding.Ok(subject, $"{restart.Kind}: the application is {status.State.ToString().ToLowerInvariant()}")];
        }
        catch (OperationException e) when (restart.Kind == RestartKind.Service && e.Error == OperationError.Unavailable)
        {
            // Reported with the endpoint.
            return [];
        }
        catch (OperationException e)
        {
            return [Finding.Failed(subject, e.Message, Remedy(restart))];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [Finding.Failed(subject, $"Asking for the application's state took longer than {Limit.TotalSeconds:0} s.", Remedy(restart))];
        }
    }

    private static string Remedy(RestartDefinition restart) => restart switch
    {
        { Kind: RestartKind.Service } => "Set Installation:Application beside the installation, so that its service may control it, and check the token.",
        { Kind: RestartKind.Aks } => "Check Restart's Namespace and Deployment, and that this identity may read and scale it.",
        { Via: RestartVia.Ssh } => "Log in by hand with that key and host key, and run the Status command there.",
        { Via: RestartVia.RunCommand } => "Check the resource id, and that this identity may read the machine and use Run Command on it.",
        _ => "Run Restart:Status by hand as this user: it must end with 0 while the application runs, and with 3 while it is stopped, or match the patterns.",
    };

    private static List<string> MissingPrograms(IEnumerable<IReadOnlyList<string>> commands) =>
        [.. commands.Where(command => command.Count > 0).Select(command => command[0]).Distinct().Where(program => !Exists(program)).Select(program => $"'{program}'")];

    private static bool Exists(string program) =>
        program.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? File.Exists(program)
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(folder => folder.Length > 0).Any(folder => File.Exists(Path.Combine(folder, program)));
}

using Microsoft.Extensions.Logging;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Diagnosis;

/// <summary>
/// Looks at everything that backups depend on, all at once, and says what is wrong and what to do: the document, secrets, store, every installation's
/// endpoint, token, certificate, parts, restart and schedules. It changes nothing and takes no backup.
/// </summary>
/// <param name="composition">Creates what the configuration names.</param>
/// <param name="loggers">Loggers for the parts.</param>
/// <param name="time">The clock.</param>
public sealed class SetupDoctor(Composition composition, ILoggerFactory loggers, TimeProvider time)
{
    /// <summary>Looks at it.</summary>
    /// <param name="load">Reads the configuration.</param>
    /// <param name="further">Further examinations of this host, run once the configuration is read.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The findings, in reading order.</returns>
    public async Task<IReadOnlyList<Finding>> ExamineAsync(
        Func<BackupConfiguration> load,
        IReadOnlyList<Func<BackupConfiguration, CancellationToken, Task<Finding>>> further,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(load);
        ArgumentNullException.ThrowIfNull(further);
        BackupConfiguration configuration;
        try
        {
            configuration = load();
        }
        catch (OperationException e) when (e.Error == OperationError.InvalidConfiguration)
        {
            const string remedy = "Correct it and run doctor again: nothing else can be looked at before.";
            return e.Faults.Count > 0 ? [.. e.Faults.Select(fault => Finding.Failed("document", fault, remedy))] : [Finding.Failed("document", e, remedy)];
        }

        var secrets = composition.CreateSecretSource(configuration.Secrets);
        var clients = new InstallationClients(secrets, composition.CreateInstallationFactory(loggers), configuration.Operations.Api, loggers, time);
        var store = new StoreExaminer(composition, configuration);
        var restarts = new RestartExaminer(composition, clients, secrets);
        List<Task<IReadOnlyList<Finding>>> parts =
        [
            Task.FromResult<IReadOnlyList<Finding>>([Finding.Ok("document", $"{configuration.Installations.Count} installation{(configuration.Installations.Count == 1 ? "" : "s")} configured")]),
            new SecretsExaminer(configuration, secrets, time).ExamineAsync(cancellationToken),
            store.ExamineAsync(cancellationToken),
        ];
        foreach (var installation in configuration.Installations.Values.OrderBy(one => one.Definition.Name, StringComparer.Ordinal))
        {
            parts.Add(new ConnectionExaminer(installation.Connection, clients, secrets, configuration.Operations.Api, time).ExamineAsync(cancellationToken));
            parts.Add(restarts.ExamineAsync(installation.Connection, cancellationToken));
            parts.Add(Task.FromResult(ScheduleExaminer.Examine(configuration, installation.Definition, time.GetUtcNow())));
        }

        parts.AddRange(further.Select(async look => (IReadOnlyList<Finding>)[await look(configuration, cancellationToken)]));
        return [.. (await Task.WhenAll(parts)).SelectMany(findings => findings)];
    }
}

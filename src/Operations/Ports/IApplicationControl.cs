using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Ports;

/// <summary>
/// Stops and starts an installation's application by its runtime's own means: a local command, Run Command, the Kubernetes
/// API, the service's control API. Restarting by hand has no control: the orchestration waits for the operator instead.
/// </summary>
/// <remarks>
/// Every call may be made again after a crash, whatever came of the first: stopping what is stopped and starting what runs
/// succeed. Calls return when the runtime has accepted the request, which may be before it is carried out: the orchestration
/// polls <see cref="GetStatusAsync"/>.
/// All throw <see cref="OperationException"/>: <see cref="OperationError.Refused"/> when the runtime says no (a command that exits
/// with a failure; the message has its exit code and the end of its output), <see cref="OperationError.InvalidConfiguration"/> when the command
/// does not exist, <see cref="OperationError.Unavailable"/> when the runtime does not answer, <see cref="OperationError.TimedOut"/> when it takes too long.
/// </remarks>
public interface IApplicationControl
{
    /// <summary>The description of the control, for messages: "docker compose down / docker compose up --detach".</summary>
    string Description { get; }

    /// <summary>Checks whether <see cref="DrainAsync"/> is supported.</summary>
    Task<bool> CanDrainAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Asks the application to finish its work and take no more. Only a restart resumes. Does nothing where
    /// <see cref="CanDrainAsync"/> says no.
    /// </summary>
    Task DrainAsync(CancellationToken cancellationToken);

    /// <summary>Stops the application.</summary>
    Task StopAsync(CancellationToken cancellationToken);

    /// <summary>Asks the runtime for the application's state.</summary>
    Task<ApplicationStatus> GetStatusAsync(CancellationToken cancellationToken);

    /// <summary>Starts the application.</summary>
    Task StartAsync(CancellationToken cancellationToken);
}

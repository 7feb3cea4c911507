using TfeBackup.Workflows.Configuration;

namespace TfeBackup.Workflows.Installations;

/// <summary>
/// Gives activities the parts of one installation. A host composes it: which clients, which secrets, which controls.
/// </summary>
public interface IInstallationProvider
{
    /// <summary>The installation as configured.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NotFound"/>, naming the installations there are.</exception>
    InstallationDefinition GetDefinition(string name);

    /// <summary>The client of the installation's backup API.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NotFound"/>, naming the installations there are.</exception>
    IInstallation GetInstallation(string name);

    /// <summary>What restarts its application; null where an operator does it by hand.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NotFound"/>, naming the installations there are.</exception>
    IApplicationControl? GetControl(string name);
}

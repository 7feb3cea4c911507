using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Ports;

/// <summary>
/// Gives activities the parts of one installation. A host composes it: which clients, which secrets, which controls.
/// </summary>
public interface IInstallationProvider
{
    /// <summary>The installation as configured.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>, naming the installations there are.</exception>
    InstallationDefinition GetDefinition(string name);

    /// <summary>The client of the installation's backup API.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>, naming the installations there are.</exception>
    IInstallation GetInstallation(string name);

    /// <summary>Gets the control of its application; null where an operator does it by hand.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>, naming the installations there are.</exception>
    IApplicationControl? GetControl(string name);
}

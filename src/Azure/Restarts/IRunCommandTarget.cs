using Azure.ResourceManager.Compute.Models;

namespace TfeBackup.Azure.Restarts;

/// <summary>One machine that Run Command reaches: a virtual machine, or an instance of a scale set. Throws what the SDK throws.</summary>
internal interface IRunCommandTarget
{
    /// <summary>For messages: "the virtual machine tfe-1".</summary>
    string Description { get; }

    /// <summary>Creates a run command and waits until it has been carried out, however it ended.</summary>
    Task RunAsync(
        string name, string script, TimeSpan timeout, DateTimeOffset expires, TimeSpan pollingInterval, CancellationToken cancellationToken);

    /// <summary>Its result.</summary>
    Task<VirtualMachineRunCommandInstanceView> GetInstanceViewAsync(string name, CancellationToken cancellationToken);

    /// <summary>All run commands there are, and what their <see cref="RunCommandLeftovers.ExpiryTag"/> says.</summary>
    IAsyncEnumerable<(string Name, DateTimeOffset? Expires)> ListAsync(CancellationToken cancellationToken);

    /// <summary>Begins to delete a run command, which ends it where it runs; one that is not there is fine.</summary>
    Task DeleteAsync(string name, CancellationToken cancellationToken);
}

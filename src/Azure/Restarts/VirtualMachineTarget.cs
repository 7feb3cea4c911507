using System.Runtime.CompilerServices;
using Azure;
using Azure.Core;
using Azure.ResourceManager;
using Azure.ResourceManager.Compute;
using Azure.ResourceManager.Compute.Models;

namespace TfeBackup.Azure.Restarts;

/// <summary>A virtual machine.</summary>
internal sealed class VirtualMachineTarget(ArmClient arm, ResourceIdentifier id) : IRunCommandTarget
{
    private readonly VirtualMachineResource _machine = arm.GetVirtualMachineResource(id);

    /// <inheritdoc/>
    public string Description => $"the virtual machine {id.Name}";

    /// <inheritdoc/>
    public async Task RunAsync(
        string name, string script, TimeSpan timeout, DateTimeOffset expires, TimeSpan pollingInterval, CancellationToken cancellationToken)
    {
        VirtualMachineResource machine = await _machine.GetAsync(cancellationToken: cancellationToken);
        var operation = await _machine.GetVirtualMachineRunCommands().CreateOrUpdateAsync(
            WaitUntil.Started, name, RunCommandRequest.Create(machine.Data.Location, script, timeout, expires), cancellationToken);
        await operation.WaitForCompletionAsync(pollingInterval, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<VirtualMachineRunCommandInstanceView> GetInstanceViewAsync(string name, CancellationToken cancellationToken)
    {
        VirtualMachineRunCommandResource command = await _machine.GetVirtualMachineRunCommandAsync(name, "instanceView", cancellationToken);
        return command.Data.InstanceView;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(string Name, DateTimeOffset? Expires)> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var command in _machine.GetVirtualMachineRunCommands().GetAllAsync(cancellationToken: cancellationToken))
        {
            yield return RunCommandRequest.Describe(command.Data);
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var commandId = VirtualMachineRunCommandResource.CreateResourceIdentifier(id.SubscriptionId, id.ResourceGroupName, id.Name, name);
        await arm.GetVirtualMachineRunCommandResource(commandId).DeleteAsync(WaitUntil.Started, cancellationToken);
    }
}

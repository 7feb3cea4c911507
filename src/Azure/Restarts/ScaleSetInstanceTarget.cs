using System.Runtime.CompilerServices;
using Azure;
using Azure.ResourceManager;
using Azure.ResourceManager.Compute;
using Azure.ResourceManager.Compute.Models;

namespace TfeBackup.Azure.Restarts;

/// <summary>One instance of a scale set.</summary>
internal sealed class ScaleSetInstanceTarget(ArmClient arm, VirtualMachineScaleSetVmResource instance) : IRunCommandTarget
{
    /// <inheritdoc/>
    public string Description => $"the instance {instance.Id.Name} of the scale set {instance.Id.Parent!.Name}";

    /// <inheritdoc/>
    public async Task RunAsync(
        string name, string script, TimeSpan timeout, DateTimeOffset expires, TimeSpan pollingInterval, CancellationToken cancellationToken)
    {
        var operation = await instance.GetVirtualMachineScaleSetVmRunCommands().CreateOrUpdateAsync(
            WaitUntil.Started, name, RunCommandRequest.Create(instance.Data.Location, script, timeout, expires), cancellationToken);
        await operation.WaitForCompletionAsync(pollingInterval, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<VirtualMachineRunCommandInstanceView> GetInstanceViewAsync(string name, CancellationToken cancellationToken)
    {
        VirtualMachineScaleSetVmRunCommandResource command =
            await instance.GetVirtualMachineScaleSetVmRunCommandAsync(name, "instanceView", cancellationToken);
        return command.Data.InstanceView;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(string Name, DateTimeOffset? Expires)> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var command in instance.GetVirtualMachineScaleSetVmRunCommands().GetAllAsync(cancellationToken: cancellationToken))
        {
            yield return RunCommandRequest.Describe(command.Data);
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var id = instance.Id;
        var commandId = VirtualMachineScaleSetVmRunCommandResource.CreateResourceIdentifier(
            id.SubscriptionId, id.ResourceGroupName, id.Parent!.Name, id.Name, name);
        await arm.GetVirtualMachineScaleSetVmRunCommandResource(commandId).DeleteAsync(WaitUntil.Started, cancellationToken);
    }
}

using System.Runtime.CompilerServices;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.ResourceManager;
using Azure.ResourceManager.Compute;
using Azure.ResourceManager.Compute.Models;
using Azure.ResourceManager.Resources;
using TfeBackup.Engine.Application;
using TfeBackup.Installations;
using TfeBackup.Installations.Commands;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using ApplicationState = TfeBackup.Operations.Model.ApplicationState;
using ApplicationStatus = TfeBackup.Operations.Model.ApplicationStatus;

namespace TfeBackup.Azure.Restarts;

/// <summary>
/// Stops and starts an application on every instance that a scale set has at that moment, all at once. It has stopped when it has on all of them, and
/// runs when it does on all of them.
/// </summary>
internal sealed class ScaleSetControl(
    ArmClient arm, ResourceIdentifier id, RestartDefinition definition, TimeProvider time, TimeSpan pollingInterval) : IApplicationControl
{
    private readonly ApplicationCommands _commands = definition.Commands
        ?? throw new ArgumentException("A scale set's instances are restarted by commands; expected some.", nameof(definition));

    /// <inheritdoc/>
    public string Description =>
        $"{CommandLine.Display(_commands.Stop)} / {CommandLine.Display(_commands.Start)} on every instance of the scale set {id.Name}";

    /// <inheritdoc/>
    public Task<bool> CanDrainAsync(CancellationToken cancellationToken) => Task.FromResult(CanDrain);

    /// <inheritdoc/>
    public Task DrainAsync(CancellationToken cancellationToken) =>
        CanDrain ? OnAllAsync(control => control.DrainAsync(cancellationToken), cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => OnAllAsync(control => control.StopAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => OnAllAsync(control => control.StartAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<ApplicationStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        var controls = await FindAsync(cancellationToken);
        var answers = await Task.WhenAll(controls.Select(control => control.GetStatusAsync(cancellationToken)));

        // The one that is not like the others is what an operator wants to read.
        var odd = Array.Find(answers, answer => answer.State != answers[0].State);
        return odd is null ? answers[0] : new ApplicationStatus(ApplicationState.Changing, odd.Detail);
    }

    private bool CanDrain => _commands.Drain.Count > 0;

    private async Task OnAllAsync(Func<CommandControl, Task> act, CancellationToken cancellationToken)
    {
        var controls = await FindAsync(cancellationToken);
        await Task.WhenAll(controls.Select(act));
    }

    private async Task<List<CommandControl>> FindAsync(CancellationToken cancellationToken)
    {
        var controls = new List<CommandControl>();
        try
        {
            await foreach (var target in FindTargetsAsync(cancellationToken))
            {
                controls.Add(new CommandControl(definition, new RunCommandRunner(target, time, pollingInterval)));
            }
        }
        catch (Exception e) when (e is RequestFailedException or AuthenticationFailedException or AggregateException)
        {
            throw ArmErrors.Translate(e, $"list the instances of the scale set {id.Name}");
        }

        return controls.Count > 0
            ? controls
            : throw new OperationException(
                OperationError.Unavailable, $"The scale set {id.Name} has no instances that an application could run on. Scale it out.");
    }

    /// <summary>
    /// Instances of a uniform scale set are resources below it. Those of a flexible one are virtual machines like others, which know what scale set
    /// they are of.
    /// </summary>
    private async IAsyncEnumerable<IRunCommandTarget> FindTargetsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        VirtualMachineScaleSetResource scaleSet = await arm.GetVirtualMachineScaleSetResource(id).GetAsync(cancellationToken: cancellationToken);
        if (scaleSet.Data.OrchestrationMode != OrchestrationMode.Flexible)
        {
            await foreach (var instance in scaleSet.GetVirtualMachineScaleSetVms().GetAllAsync(cancellationToken: cancellationToken))
            {
                yield return new ScaleSetInstanceTarget(arm, instance);
            }

            yield break;
        }

        var group = arm.GetResourceGroupResource(ResourceGroupResource.CreateResourceIdentifier(id.SubscriptionId, id.ResourceGroupName));
        await foreach (var machine in group.GetVirtualMachines().GetAllAsync($"'virtualMachineScaleSet/id' eq '{id}'", cancellationToken: cancellationToken))
        {
            if (machine.Data.VirtualMachineScaleSetId == id)
            {
                yield return new VirtualMachineTarget(arm, machine.Id);
            }
        }
    }
}

using Azure;
using Azure.Identity;
using TfeBackup.Workflows;

namespace TfeBackup.Azure.Restarts;

/// <summary>Says in an operator's words what Azure Resource Manager refused.</summary>
internal static class ArmErrors
{
    /// <summary>The exception that callers of a control see.</summary>
    /// <param name="exception">A <see cref="RequestFailedException"/>, an <see cref="AuthenticationFailedException"/>, or the client's attempts together.</param>
    /// <param name="doing">What was being done, as "run 'systemctl stop …' on the virtual machine tfe-1".</param>
    public static WorkflowException Translate(Exception exception, string doing) => exception switch
    {
        RequestFailedException e => Translate(e, doing),
        AggregateException all => Translate(all.InnerExceptions[^1], doing),
        AuthenticationFailedException => new WorkflowException(
            WorkflowError.Refused,
            $"Cannot {doing}: no credential for Azure could be had. Give this process a managed identity (a user-assigned one by AZURE_CLIENT_ID), or log in with the Azure CLI.",
            exception),
        _ => new WorkflowException(WorkflowError.Unavailable, $"Cannot {doing}: Azure Resource Manager did not answer in time.", exception),
    };

    private static WorkflowException Translate(RequestFailedException e, string doing)
    {
        // An operation that was accepted and failed afterwards ends with a status of success and the error's own code.
        var answer = e.Status == 0 ? "no connection" : $"{e.Status} {e.ErrorCode}".TrimEnd();
        var (error, hint) = e.Status switch
        {
            0 => (WorkflowError.Unavailable, "Check the network, and that management.azure.com can be reached."),
            401 or 403 => (
                WorkflowError.Refused,
                "The identity needs the actions Microsoft.Compute/virtualMachines/read and …/runCommands/{read,write,delete} on it (for a scale set: …/virtualMachineScaleSets/virtualMachines/…)."),
            404 => (WorkflowError.InvalidConfiguration, "There is no such machine: correct Restart:VirtualMachine or Restart:ScaleSet."),
            409 => (
                WorkflowError.Unavailable, "The machine is not running, or something else is being done to it."),
            408 or 429 or >= 500 => (WorkflowError.Unavailable, "Azure Resource Manager is busy or failing, several times over."),
            _ => (WorkflowError.Refused, "Azure Resource Manager does not carry it out; the machine's activity log says more."),
        };
        return new WorkflowException(error, $"Cannot {doing}: {answer}. {hint}", e);
    }
}

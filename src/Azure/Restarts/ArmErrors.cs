using Azure;
using Azure.Identity;
using TfeBackup.Operations.Model;

namespace TfeBackup.Azure.Restarts;

/// <summary>Says in an operator's words what Azure Resource Manager refused.</summary>
internal static class ArmErrors
{
    private const string MachineAccess =
        "The identity needs the actions Microsoft.Compute/virtualMachines/read and …/runCommands/{read,write,delete} on it (for a scale set: …/virtualMachineScaleSets/read and, where its orchestration is uniform, …/virtualMachineScaleSets/virtualMachines/…).";

    private const string NoMachine = "The machine does not exist: correct Restart:VirtualMachine or Restart:ScaleSet.";

    /// <summary>The exception that callers of a control see.</summary>
    /// <param name="exception">A <see cref="RequestFailedException"/>, an <see cref="AuthenticationFailedException"/>, or the client's attempts together.</param>
    /// <param name="doing">What was being done, as "run 'systemctl stop …' on the virtual machine tfe-1".</param>
    /// <param name="access">What it takes to be let in; null for what it takes to run commands on machines.</param>
    /// <param name="absent">What to correct where there is no such resource; null for machines.</param>
    public static OperationException Translate(Exception exception, string doing, string? access = null, string? absent = null) => exception switch
    {
        RequestFailedException e => Translate(e, doing, access ?? MachineAccess, absent ?? NoMachine),
        AggregateException all => Translate(all.InnerExceptions[^1], doing, access, absent),
        AuthenticationFailedException => new OperationException(
            OperationError.Refused,
            $"Cannot {doing}: no credential for Azure is available. Give this process a managed identity (a user-assigned one by AZURE_CLIENT_ID), or log in with the Azure CLI.",
            exception),
        _ => new OperationException(OperationError.Unavailable, $"Cannot {doing}: Azure Resource Manager did not answer in time.", exception),
    };

    private static OperationException Translate(RequestFailedException e, string doing, string access, string absent)
    {
        // An operation that was accepted and failed afterwards ends with a status of success and the error's own code.
        var answer = e.Status == 0 ? "no connection" : $"{e.Status} {e.ErrorCode}".TrimEnd();
        var (error, hint) = e.Status switch
        {
            0 => (OperationError.Unavailable, "Check the network, and that management.azure.com can be reached."),
            401 or 403 => (OperationError.Refused, access),
            404 => (OperationError.InvalidConfiguration, absent),
            409 => (
                OperationError.Unavailable, "The machine is not running, or another operation on it is in progress."),
            408 or 429 or >= 500 => (OperationError.Unavailable, "Azure Resource Manager is busy or failing, after several attempts."),
            _ => (OperationError.Refused, "Azure Resource Manager rejected it; see the machine's activity log."),
        };
        return new OperationException(error, $"Cannot {doing}: {answer}. {hint}", e);
    }
}

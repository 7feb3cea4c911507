using System.Globalization;
using Azure.Core;
using Azure.ResourceManager.Compute;
using Azure.ResourceManager.Compute.Models;

namespace TfeBackup.Azure.Restarts;

/// <summary>Run Command resources as this software makes and reads them.</summary>
internal static class RunCommandRequest
{
    public static VirtualMachineRunCommandData Create(AzureLocation location, string script, TimeSpan timeout, DateTimeOffset expires)
    {
        var data = new VirtualMachineRunCommandData(location)
        {
            Source = new VirtualMachineRunCommandScriptSource { Script = script },
            AsyncExecution = false,
            TimeoutInSeconds = (int)Math.Ceiling(timeout.TotalSeconds),
        };
        data.Tags.Add(RunCommandLeftovers.ExpiryTag, expires.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        return data;
    }

    public static (string Name, DateTimeOffset? Expires) Describe(VirtualMachineRunCommandData data) =>
        (data.Name, data.Tags.TryGetValue(RunCommandLeftovers.ExpiryTag, out var text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires) ? expires : null);
}

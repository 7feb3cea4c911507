using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs;
using TfeBackup.Functions.Tests.Runtime;

namespace TfeBackup.Functions.Tests.Processes;

/// <summary>
/// The app in a process of its own, its task hub in Azure Storage: <c>dotnet TfeBackup.Functions.Tests.dll CONNECTION NAME PORT DEATHS ACTIVITY…</c>.
/// At each named activity it kills itself once, when the work is done and nobody knows; a file in DEATHS says that it has.
/// </summary>
public static class HostProgram
{
    public static async Task<int> Main(string[] args)
    {
        var (connection, name, port, deaths, deadly) = (args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture), args[3], args[4..]);
        var site = await ScriptedSite.OpenAsync(
            new BlobContainerClient(connection, name + "-store"), new BlobContainerClient(connection, name + "-claims"));
        var hub = AzureStorageHub.Open(connection, name, lease: TimeSpan.FromSeconds(3));
        await hub.CreateIfNotExistsAsync();
        await using var app = await FunctionsApp.StartAsync(
            site.Compose,
            site,
            hub: () => hub,
            around: async (activity, run, _) =>
            {
                await run();
                var death = Path.Combine(deaths, activity);
                if (deadly.Contains(activity) && !File.Exists(death))
                {
                    await File.WriteAllTextAsync(death, activity, CancellationToken.None);
                    Process.GetCurrentProcess().Kill();
                }
            },
            port: port);
        await Task.Delay(Timeout.Infinite);
        return 0;
    }
}

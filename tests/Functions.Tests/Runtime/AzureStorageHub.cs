using DurableTask.AzureStorage;
using DurableTask.Core;
using TfeBackup.TestSupport.Azurite;

namespace TfeBackup.Functions.Tests.Runtime;

/// <summary>Task hubs in Azure Storage, as the Durable extension keeps them, in a hurry.</summary>
internal static class AzureStorageHub
{
    private static readonly TimeSpan BusyLease = TimeSpan.FromSeconds(30);

    // A worker that is taken away may have fetched a message and not said so.
    private static readonly TimeSpan BusyMessage = TimeSpan.FromSeconds(5);

    /// <summary>Creates a task hub in the Azurite that tests share.</summary>
    /// <returns>What opens it, as each process would.</returns>
    public static async Task<Func<IOrchestrationService>> CreateAsync()
    {
        var azurite = await AzuriteServer.SharedAsync();
        var name = "hub" + Guid.NewGuid().ToString("N")[..12];
        await Open(azurite.ConnectionString, name).CreateIfNotExistsAsync();
        return () => Open(azurite.ConnectionString, name);
    }

    /// <summary>Opens a task hub.</summary>
    /// <param name="connectionString">Of the storage account.</param>
    /// <param name="name">The hub's name.</param>
    /// <param name="lease">What others wait for before they take over what a dead process had; null for that of machines that are busy.</param>
    public static AzureStorageOrchestrationService Open(string connectionString, string name, TimeSpan? lease = null) => new(new AzureStorageOrchestrationServiceSettings
    {
        StorageAccountClientProvider = new StorageAccountClientProvider(connectionString),
        TaskHubName = name,
        PartitionCount = 1,
        UseAppLease = false,
        LeaseInterval = lease ?? BusyLease,
        LeaseAcquireInterval = TimeSpan.FromMilliseconds(200),
        LeaseRenewInterval = TimeSpan.FromSeconds(1),
        ControlQueueVisibilityTimeout = lease ?? BusyMessage,
        WorkItemQueueVisibilityTimeout = lease ?? BusyMessage,
        MaxQueuePollingInterval = TimeSpan.FromMilliseconds(100),
    });
}

using DurableTask.AzureStorage;

namespace TfeBackup.Functions.Tests.Runtime;

/// <summary>Task hubs in Azure Storage, as the Durable extension keeps them, in a hurry.</summary>
internal static class AzureStorageHub
{
    public static AzureStorageOrchestrationService Open(string connectionString, string name) => new(new AzureStorageOrchestrationServiceSettings
    {
        StorageAccountClientProvider = new StorageAccountClientProvider(connectionString),
        TaskHubName = name,
        PartitionCount = 1,
        UseAppLease = false,

        // What others wait for before they take over what a dead process had.
        LeaseInterval = TimeSpan.FromSeconds(3),
        LeaseAcquireInterval = TimeSpan.FromSeconds(1),
        LeaseRenewInterval = TimeSpan.FromSeconds(1),
        ControlQueueVisibilityTimeout = TimeSpan.FromSeconds(3),
        WorkItemQueueVisibilityTimeout = TimeSpan.FromSeconds(3),
        MaxQueuePollingInterval = TimeSpan.FromMilliseconds(100),
    });
}

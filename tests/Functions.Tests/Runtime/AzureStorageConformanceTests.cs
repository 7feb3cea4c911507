namespace TfeBackup.Functions.Tests.Runtime;

public sealed class AzureStorageConformanceTests() : SidecarConformance(AzureStorageHub.CreateAsync);

using Azure.Identity;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Configuration;
using TfeBackup.Azure;
using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Composition;

/// <summary>The storage account of the host, which its task hub is in.</summary>
internal static class HostStorage
{
    private const string Setting = "AzureWebJobsStorage";
    private const string ClaimsContainer = "tfe-backup-claims";

    /// <summary>Opens the container of claims: beside the task hub, since the backups' container may be immutable, and claims are written over.</summary>
    public static BlobContainerClient OpenClaims(IConfiguration settings)
    {
        var section = settings.GetSection(Setting);
        if (!string.IsNullOrEmpty(section.Value))
        {
            return BlobContainers.FromConnectionString(section.Value, ClaimsContainer);
        }

        var uri = section["blobServiceUri"] ?? (section["accountName"] is { Length: > 0 } account ? $"https://{account}.blob.core.windows.net" : null);
        return Uri.TryCreate(uri, UriKind.Absolute, out var serviceUri)
            ? BlobContainers.FromServiceUri(serviceUri, ClaimsContainer, new DefaultAzureCredential(
                new DefaultAzureCredentialOptions { ManagedIdentityClientId = section["clientId"] ?? Environment.GetEnvironmentVariable("AZURE_CLIENT_ID") }))
            : throw new OperationException(
                OperationError.InvalidConfiguration,
                $"app settings: {Setting}: expected a connection string, or {Setting}__accountName or {Setting}__blobServiceUri of the host's storage account.");
    }
}

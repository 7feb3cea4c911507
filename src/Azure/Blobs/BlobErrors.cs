using Azure;
using Azure.Identity;
using Azure.Storage.Blobs.Models;
using TfeBackup.Operations.Model;

namespace TfeBackup.Azure.Blobs;

/// <summary>Says in an operator's words what the Blob service refused, and of what kind that is.</summary>
internal static class BlobErrors
{
    /// <summary>True if a condition of "only if there is none" failed.</summary>
    public static bool MeansExists(RequestFailedException e) =>
        e.ErrorCode == BlobErrorCode.BlobAlreadyExists || e.ErrorCode == BlobErrorCode.ConditionNotMet
        || e.ErrorCode == BlobErrorCode.UnauthorizedBlobOverwrite || MeansImmutable(e);

    /// <summary>True if a policy or a legal hold protects the blob.</summary>
    public static bool MeansImmutable(RequestFailedException e) =>
        e.Status == 409 && e.ErrorCode?.Contains("Immutable", StringComparison.Ordinal) == true;

    /// <summary>True if there is no such blob, or no data in it yet.</summary>
    public static bool MeansMissing(RequestFailedException e) =>
        e.Status == 404 && e.ErrorCode != BlobErrorCode.ContainerNotFound && e.ErrorCode != BlobErrorCode.ResourceNotFound;

    /// <summary>Returns true if an exception comes from the service or the way to it, and can be translated.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="cancellationToken">The caller's: an end that it asked for is not the service's doing.</param>
    public static bool IsFromService(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RequestFailedException or AuthenticationFailedException => true,
        // After its last attempt the client throws all of them at once.
        AggregateException all => all.InnerExceptions.All(e => IsFromService(e, cancellationToken)),
        // A request that took longer than the client's own timeout.
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        _ => false,
    };

    /// <summary>The exception that callers of a store see.</summary>
    /// <param name="exception">One that <see cref="IsFromService"/> knows.</param>
    /// <param name="doing">What was being done, as "write nightly/… to https://…".</param>
    public static OperationException Translate(Exception exception, string doing) => exception switch
    {
        RequestFailedException e => Translate(e, doing),
        AggregateException all => Translate(all.InnerExceptions[^1], doing),
        AuthenticationFailedException => new OperationException(
            OperationError.Refused,
            $"Cannot {doing}: no credential for the storage account is available. "
                + "Give this process a managed identity, or log in with the Azure CLI, or configure Store:ConnectionString.",
            exception),
        _ => new OperationException(
            OperationError.Unavailable, $"Cannot {doing}: the service did not answer in time, after several attempts.", exception),
    };

    /// <summary>The exception that callers of a store see where a blob could not be read.</summary>
    /// <param name="exception">One that <see cref="IsFromService"/> knows.</param>
    /// <param name="address">The blob's address.</param>
    public static OperationException TranslateRead(Exception exception, string address) =>
        exception is RequestFailedException e && (e.ErrorCode == BlobErrorCode.BlobArchived || e.ErrorCode == BlobErrorCode.BlobBeingRehydrated)
            ? Archived(address, e.ErrorCode == BlobErrorCode.BlobBeingRehydrated)
            : Translate(exception, $"read {address}");

    /// <summary>A blob in the Archive tier cannot be read, nor waited for within an operation.</summary>
    /// <param name="address">The blob's address.</param>
    /// <param name="rehydrating">True if somebody has asked for it already.</param>
    public static OperationException Archived(string address, bool rehydrating) => new(
        OperationError.Refused,
        rehydrating
            ? $"Cannot read {address}: it is being rehydrated from the Archive tier, which takes up to 15 hours. Retry when "
                + $"'az storage blob show --auth-mode login --blob-url {address} --query properties.blobTier' says Hot, Cool or Cold."
            : $"Cannot read {address}: it is in the Archive tier. Rehydrate it with "
                + $"'az storage blob set-tier --auth-mode login --blob-url {address} --tier Hot --rehydrate-priority High', which takes up to 15 hours, then retry.");

    private static OperationException Translate(RequestFailedException e, string doing)
    {
        // Only status and code: the SDK's message may quote headers.
        var answer = e.Status == 0 ? "no connection" : $"{e.Status} {e.ErrorCode}".TrimEnd();
        var (error, hint) = e switch
        {
            { Status: 0 } => (OperationError.Unavailable, "Check the address, the network and the account's firewall."),
            _ when MeansImmutable(e) => (OperationError.Immutable, "An immutability policy or a legal hold protects it."),
            { Status: 401 or 403 } => (
                OperationError.Refused,
                "The identity needs the role Storage Blob Data Contributor on the container (and with Store:IndexTags the data action blobs/tags/write), or the key is wrong, or the account's firewall refuses this address."),
            { Status: 404 } when !MeansMissing(e) => (
                OperationError.InvalidConfiguration, "The container does not exist: create it, or correct Store:Container."),
            { Status: 404 } => (OperationError.NotFound, "The blob does not exist."),
            { Status: 408 or 429 or >= 500 } => (OperationError.Unavailable, "The service is busy or failing, after several attempts."),
            { Status: 409 } when e.ErrorCode == BlobErrorCode.ContainerBeingDeleted || e.ErrorCode == BlobErrorCode.AccountBeingCreated =>
                (OperationError.Unavailable, "The container or the account is being changed."),
            { Status: 413 } => (OperationError.Unsupported, "It is larger than the service supports."),
            _ when MeansExists(e) => (OperationError.AlreadyExists, "It already exists."),
            _ => (OperationError.Refused, "The service rejected the request."),
        };
        return new OperationException(error, $"Cannot {doing}: {answer}. {hint}", e);
    }
}

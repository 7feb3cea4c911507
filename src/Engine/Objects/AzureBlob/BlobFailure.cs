using Azure;
using Azure.Storage.Blobs.Models;
using TfeBackup.Engine.Connections;

namespace TfeBackup.Engine.Objects.AzureBlob;

/// <summary>Translates Blob Storage's refusals for an operator. The library's own messages run to pages.</summary>
internal static class BlobFailure
{
    /// <summary>True if an exception is one by which the library reports a failed request.</summary>
    public static bool Is(Exception e) => e is RequestFailedException or AggregateException or IOException;

    /// <summary>The exception for an operator.</summary>
    /// <param name="store">The store's description.</param>
    /// <param name="what">The request that failed.</param>
    /// <param name="cause">The library's exception.</param>
    public static EngineException Explain(string store, string what, Exception cause)
    {
        var refused = cause as RequestFailedException
            ?? (cause as AggregateException)?.Flatten().InnerExceptions.OfType<RequestFailedException>().FirstOrDefault();
        var reason = TlsFailure.Describe(cause, "ObjectStore:ServiceUri", "this machine's trust store") ?? refused switch
        {
            { ErrorCode: "ContainerNotFound" } => "the container does not exist; create it, or correct ObjectStore:Container",
            { ErrorCode: "BlobArchived" } => "it is in the archive tier; rehydrate it first",
            { ErrorCode: "BlobImmutableDueToPolicy" or "LeaseIdMissing" } => $"an immutability policy or a lease prevents it ({refused.ErrorCode})",
            { Status: 401 or 403 } => $"Azure refuses this service's credentials ({refused.ErrorCode}); they need the role Storage Blob Data Contributor on the container",
            { Status: > 0 } => $"Azure answers {refused.Status} ({refused.ErrorCode})",
            { } => FirstLine(refused.Message),
            null => FirstLine(cause.InnerException?.Message ?? cause.Message),
        };
        return new EngineException(
            refused?.ErrorCode == "BlobArchived" ? EngineError.Unsupported : EngineError.Unavailable, $"{store}: {what}: {reason}.", cause);
    }

    /// <summary>True if there is no such blob; a missing container is another matter.</summary>
    public static bool IsNotFound(RequestFailedException e) => e.Status == 404 && e.ErrorCode != BlobErrorCode.ContainerNotFound;

    private static string FirstLine(string message) => message.Split('\n', 2)[0].TrimEnd('.', '\r', ' ');
}

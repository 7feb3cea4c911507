using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace TfeBackup.Azure.Tests;

/// <summary>Between the client and a real Azurite: fails, loses or answers requests as a test says, and counts them.</summary>
internal sealed class FaultyTransport : HttpPipelineTransport
{
    private readonly HttpPipelineTransport _inner = new HttpClientTransport();
    private int _requests;

    /// <summary>Answers a request itself, instead of sending it; null sends it.</summary>
    public Func<HttpMessage, Fault?> OnRequest { get; set; } = _ => null;

    /// <summary>Awaited before a request is sent.</summary>
    public Func<HttpMessage, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Throws away the answer to a request that was carried out, as a connection that breaks then does.</summary>
    public Func<HttpMessage, bool> LosesAnswer { get; set; } = _ => false;

    public int Requests => _requests;

    public static bool IsCommit(HttpMessage message) => message.Request.Uri.Query.Contains("comp=blocklist", StringComparison.Ordinal) && IsPut(message);

    public static bool IsBlock(HttpMessage message) => message.Request.Uri.Query.Contains("comp=block&", StringComparison.Ordinal) && IsPut(message);

    /// <summary>A client through this transport that retries within milliseconds.</summary>
    public BlobContainerClient Connect(BlobContainerClient container, string connectionString)
    {
        var options = BlobContainers.CreateOptions();
        options.Transport = this;
        options.Retry.MaxRetries = 3;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(5);
        return BlobContainers.FromConnectionString(connectionString, container.Name, options);
    }

    public override Request CreateRequest() => _inner.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException();

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        Interlocked.Increment(ref _requests);
        await Before(message);
        if (OnRequest(message) is { } fault)
        {
            message.Response = new FaultResponse(fault.Status, fault.Code, message.Request.ClientRequestId, fault.Headers);
            return;
        }

        await _inner.ProcessAsync(message);
        if (LosesAnswer(message))
        {
            message.Response.Dispose();
            throw new global::Azure.RequestFailedException(0, "The connection was lost.", new IOException("Connection reset by peer"));
        }
    }

    private static bool IsPut(HttpMessage message) => message.Request.Method == RequestMethod.Put;

    internal sealed record Fault(int Status, string Code)
    {
        /// <summary>The answer's headers; those of a failure with the code where null.</summary>
        public IReadOnlyDictionary<string, string>? Headers { get; init; }
    }
}

using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TfeBackup.Infra.Tests.Monitoring;

/// <summary>Takes in what the exporter of Azure Monitor sends, as Application Insights would.</summary>
internal sealed class IngestionEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<JsonObject> _envelopes = new();

    private IngestionEndpoint(WebApplication app)
    {
        _app = app;
        app.MapPost("/v2.1/track", TakeAsync);
    }

    /// <summary>What an app is configured with.</summary>
    public string ConnectionString => $"InstrumentationKey={Guid.Empty};IngestionEndpoint={_app.Urls.Single()}/";

    /// <summary>The data of what came in so far, of one kind.</summary>
    public IReadOnlyList<JsonObject> Data(string baseType) =>
        [.. _envelopes.Select(envelope => envelope["data"]!).Where(data => (string?)data["baseType"] == baseType).Select(data => data["baseData"]!.AsObject())];

    public static async Task<IngestionEndpoint> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());

        // An exporter on a busy machine may send slowly.
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Limits.MinRequestBodyDataRate = null).UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        var endpoint = new IngestionEndpoint(builder.Build());
        await endpoint._app.StartAsync();
        return endpoint;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var body = context.Request.Headers.ContentEncoding == "gzip"
            ? new GZipStream(context.Request.Body, CompressionMode.Decompress)
            : context.Request.Body;
        using var reader = new StreamReader(body);
        var count = 0;
        while (await reader.ReadLineAsync() is { } line)
        {
            _envelopes.Enqueue(JsonNode.Parse(line)!.AsObject());
            count++;
        }

        await context.Response.WriteAsJsonAsync(new { itemsReceived = count, itemsAccepted = count, errors = Array.Empty<object>() });
    }
}

using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace TfeBackup.Cli.Tests;

/// <summary>
/// Stands between a client and a Blob service, passes everything on as it comes, and answers in the service's place where a test says so.
/// </summary>
internal sealed class BlobProxy : IAsyncDisposable
{
    private static readonly string[] OfTheConnection = ["Host", "Connection", "Transfer-Encoding", "Content-Length"];

    private readonly WebApplication _application;
    private readonly Uri _service;
    private long _answered;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    private BlobProxy(WebApplication application, Uri service)
    {
        _application = application;
        _service = service;
    }

    /// <summary>What to answer instead of passing a request on: status and the service's error code; null passes it on.</summary>
    public Func<HttpRequest, (int Status, string Code)?> Refuse { get; set; } = _ => null;

    /// <summary>The requests that were refused, as method and query.</summary>
    public ConcurrentQueue<string> Refused { get; } = new();

    /// <summary>How many bytes of content were answered.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_application.Urls.First());

    /// <summary>Starts one.</summary>
    /// <param name="service">The service's root.</param>
    public static async Task<BlobProxy> StartAsync(Uri service)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        var application = builder.Build();
        var proxy = new BlobProxy(application, service);
        application.Run(proxy.HandleAsync);
        await application.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
        _http.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        if (Refuse(context.Request) is var (status, code))
        {
            Refused.Enqueue($"{context.Request.Method} {context.Request.QueryString}");
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            context.Response.StatusCode = status;
            context.Response.Headers["x-ms-error-code"] = code;
            context.Response.ContentType = "application/xml";
            await context.Response.WriteAsync(
                $"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>As the test wishes.</Message></Error>", context.RequestAborted);
            return;
        }

        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method), new Uri(_service, context.Features.Get<IHttpRequestFeature>()!.RawTarget));
        if (context.Request.ContentLength is { } length)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.ContentLength = length;
        }

        foreach (var (name, values) in context.Request.Headers.Where(header => !OfTheConnection.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        using var response = await _http.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(header => header.Key != "Transfer-Encoding"))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        if (!HttpMethods.IsHead(context.Request.Method))
        {
            Interlocked.Add(ref _answered, response.Content.Headers.ContentLength ?? 0);
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }
}

using System.Net;
using System.Text;
using TfeBackup.Hosting.Monitoring;

namespace TfeBackup.Cli.Running;

/// <summary><c>/healthz</c> and <c>/metrics</c> on a loopback port, for a collector on this machine. Nothing of it is secret, and nothing can be asked for.</summary>
internal sealed class MonitoringEndpoint : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly PrometheusMetrics _metrics = new();
    private readonly Func<string?> _findFault;

    /// <summary>Begins to listen.</summary>
    /// <param name="port">The port.</param>
    /// <param name="findFault">Says what is not alive; null where all is.</param>
    /// <exception cref="UsageException">The port is taken.</exception>
    public MonitoringEndpoint(int port, Func<string?> findFault)
    {
        _findFault = findFault;
        _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        try
        {
            _listener.Start();
        }
        catch (HttpListenerException e)
        {
            throw new UsageException($"Cannot listen on 127.0.0.1:{port}: {e.Message.TrimEnd('.')}. Give --listen another port.");
        }
    }

    /// <summary>Answers until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await using var ending = stopping.Register(_listener.Stop);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                Answer(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // Stopped, or a client that went away.
            }
        }
    }

    public void Dispose()
    {
        _listener.Close();
        _metrics.Dispose();
    }

    private void Answer(HttpListenerContext context)
    {
        var (status, type, text) = (context.Request.HttpMethod, context.Request.Url?.AbsolutePath) switch
        {
            ("GET" or "HEAD", "/healthz") => _findFault() is { } fault ? (503, "text/plain", fault + "\n") : (200, "text/plain", "ok\n"),
            ("GET" or "HEAD", "/metrics") => (200, PrometheusMetrics.ContentType, _metrics.Write()),
            _ => (404, "text/plain", "/healthz and /metrics\n"),
        };
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength64 = bytes.Length;
        if (context.Request.HttpMethod != "HEAD")
        {
            context.Response.OutputStream.Write(bytes);
        }

        context.Response.Close();
    }
}

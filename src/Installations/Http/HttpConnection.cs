using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using TfeBackup.Engine;
using TfeBackup.Engine.Connections;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations.Http;

/// <summary>
/// One connection to an installation, for one call. A new one each time: calls last hours, a restart lies between them, and a
/// request on a fresh connection is never sent twice.
/// </summary>
internal static class HttpConnection
{
    /// <summary>Creates the client. Redirects, proxies' decompression and cookies are off: what is sent and comes is what the service says.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidConfiguration"/>: the certificate file cannot be used.</exception>
    public static HttpMessageInvoker Create(InstallationConnection installation, ApiInstallationOptions options, AnswerObserver? observer)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            Expect100ContinueTimeout = options.ContinueTimeout,
            // Do not drain an abandoned backup.
            MaxResponseDrainSize = 0,
            ConnectCallback = ConnectAsync,
        };
        if (observer is not null)
        {
            handler.PlaintextStreamFilter = (context, _) => ValueTask.FromResult<Stream>(new ObservedStream(context.PlaintextStream, observer));
        }

        if (installation.CaFile is { } caFile)
        {
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = ReadPolicy(installation.Name, caFile) };
        }

        return new HttpMessageInvoker(handler, disposeHandler: true);
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A restore can be silent for an hour. Keep-alive probes keep load balancers from dropping the connection and detect a
            // dead peer.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 8);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reads what vouches for an endpoint beside the system's authorities.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidConfiguration"/>: the certificate file cannot be used.</exception>
    public static X509ChainPolicy ReadPolicy(string installation, string caFile)
    {
        try
        {
            return CertificateAuthority.ReadPolicy($"Installations:{installation}:CaFile", caFile);
        }
        catch (EngineException e)
        {
            throw new OperationException(OperationError.InvalidConfiguration, e.Message, e);
        }
    }
}

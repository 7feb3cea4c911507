using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Memory;

namespace TfeBackup.Server;

/// <summary>Default settings of the host, which any configuration source overrides.</summary>
internal static class ServerDefaults
{
    /// <summary>The limits on connections, and no certificate but a configured one.</summary>
    public static void Apply(KestrelServerOptions options, IConfiguration configuration)
    {
        options.AddServerHeader = false;
        if (!configuration.GetSection("Kestrel:Certificates:Default").Exists()
            && !configuration.GetSection("Kestrel:Endpoints").GetChildren().Any(static endpoint => endpoint.GetSection("Certificate").Exists()))
        {
            // Kestrel would take the development certificate that the SDK leaves in its user's home.
            options.ConfigureHttpsDefaults(static _ => throw new InvalidOperationException("No server certificate is configured."));
        }

        // Uploads have any size, and what a slow or silent client may do is limited where bodies are read and written.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinResponseDataRate = null;
        options.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection =>
        {
            if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { ProtocolType: ProtocolType.Tcp } socket)
            {
                // Notices a client that is gone without a word while nothing is sent or read, and keeps firewalls from forgetting the connection.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 8);
            }

            return next(connection);
        }));
    }

    public static void AddTo(IConfigurationManager configuration) =>
        configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                // One line an event, and only events about backups: requests are logged by what became of them.
                ["Logging:Console:FormatterName"] = "simple",
                ["Logging:Console:FormatterOptions:SingleLine"] = "true",
                ["Logging:Console:FormatterOptions:UseUtcTimestamp"] = "true",
                ["Logging:Console:FormatterOptions:TimestampFormat"] = "yyyy-MM-ddTHH:mm:ss.fffZ ",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
                ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection"] = "Error",
                ["Logging:LogLevel:System.Net.Http"] = "Warning",
                ["Logging:LogLevel:Npgsql"] = "Warning",
                ["Logging:LogLevel:Azure"] = "Warning",
            },
        });
}

using System.Net;
using System.Net.Sockets;

namespace TfeBackup.TestSupport;

/// <summary>Picks ports for servers that must be told one.</summary>
/// <remarks>
/// A port that is free now can be taken a moment later, so whoever uses one must see the conflict and try another. The range
/// lies below the one from which systems take the ports of outgoing connections, so that conflicts are rare.
/// </remarks>
public static class FreePort
{
    private const int First = 15_000;
    private const int Last = 32_000;

    /// <summary>A port that nothing listens on at the moment.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                continue;
            }
        }
    }
}

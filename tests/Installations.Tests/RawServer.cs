using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TfeBackup.Installations.Tests;

/// <summary>
/// A service at the level of the socket, so that it can misbehave as no server library would let it: for each connection it reads
/// the head of one request and then does what the test says.
/// </summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public RawServer(Func<RawConnection, CancellationToken, Task> script)
    {
        _listener.Start();
        _accepting = AcceptAsync(script);
    }

    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}"));

    /// <summary>The heads of the requests that came.</summary>
    public List<string> Requests { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<RawConnection, CancellationToken, Task> script)
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token), script));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(Socket socket, Func<RawConnection, CancellationToken, Task> script)
    {
        using var connection = new RawConnection(socket);
        try
        {
            var head = await connection.ReadHeadAsync(_stop.Token);
            lock (Requests)
            {
                Requests.Add(head);
            }

            await script(connection, _stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client went away, or the test ended.
        }
    }
}

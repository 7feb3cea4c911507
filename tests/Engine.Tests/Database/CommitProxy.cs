using System.Net;
using System.Net.Sockets;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>Stands between a client and PostgreSQL, and loses the connection that sends COMMIT: before the server hears of it, or after.</summary>
internal sealed class CommitProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly bool _loseRequest;
    private readonly int _port;

    public CommitProxy(int port, bool loseRequest)
    {
        _port = port;
        _loseRequest = loseRequest;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Lost { get; private set; }

    /// <summary>What happens to the server before anybody is told that the connection is lost.</summary>
    public Func<Task>? Meanwhile { get; init; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(RelayAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using var owned = client;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // It is down; so the client finds nobody.
            return;
        }

        using var ends = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var committing = new TaskCompletionSource();
        await Task.WhenAny(Forward(client.GetStream(), server.GetStream(), true), Forward(server.GetStream(), client.GetStream(), false));
        await ends.CancelAsync();

        async Task Forward(NetworkStream from, NetworkStream to, bool toServer)
        {
            var buffer = new byte[1 << 16];
            try
            {
                int read;
                while ((read = await from.ReadAsync(buffer, ends.Token)) > 0)
                {
                    if (toServer && buffer.AsSpan(0, read).IndexOf("COMMIT\0"u8) >= 0)
                    {
                        Lost++;
                        committing.SetResult();
                        if (_loseRequest)
                        {
                            await (Meanwhile?.Invoke() ?? Task.CompletedTask);
                            return;
                        }
                    }
                    else if (!toServer && committing.Task.IsCompleted)
                    {
                        // The server has answered, so it has committed; the answer never arrives.
                        await (Meanwhile?.Invoke() ?? Task.CompletedTask);
                        return;
                    }

                    await to.WriteAsync(buffer.AsMemory(0, read), ends.Token);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // One side has closed.
            }
        }
    }
}

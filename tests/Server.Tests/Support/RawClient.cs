using System.Net.Sockets;
using System.Text;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests.Support;

/// <summary>A client that sends and reads exactly when a test says so, which HTTP libraries do not do.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _client;

    private RawClient(TcpClient client) => _client = client;

    /// <summary>Connects and sends the head of a POST.</summary>
    /// <param name="service">The service.</param>
    /// <param name="call">What follows <c>/_backup/api/v1/</c>.</param>
    /// <param name="length">The body's announced length.</param>
    /// <param name="contentType">The body's type.</param>
    /// <param name="token">The token; the service's own where null.</param>
    public static async Task<RawClient> PostAsync(BackupService service, string call, long length, string contentType, string? token = null)
    {
        var client = new RawClient(new TcpClient());
        var address = service.Process.Address;
        await client._client.ConnectAsync(address.Host, address.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(
            $"POST /_backup/api/v1/{call} HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {token ?? service.Token}\r\n" +
            $"Accept: application/problem+json\r\nContent-Type: {contentType}\r\nContent-Length: {length}\r\n\r\n"));
        return client;
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => _client.GetStream().WriteAsync(bytes);

    public ValueTask<int> ReadAsync(Memory<byte> buffer) => _client.GetStream().ReadAsync(buffer);

    /// <summary>Reads until the service closes the connection.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var reader = new StreamReader(_client.GetStream(), Encoding.UTF8);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>Goes away.</summary>
    public void Dispose() => _client.Dispose();
}

using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace TfeBackup.Installations.Tests;

/// <summary>One connection to a <see cref="RawServer"/>.</summary>
internal sealed class RawConnection(Socket socket) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    public string Head { get; private set; } = "";

    /// <summary>Reads up to and with the empty line.</summary>
    public async Task<string> ReadHeadAsync(CancellationToken cancellationToken)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count < 4 || head[^1] != '\n' || head[^3] != '\n')
        {
            await _stream.ReadExactlyAsync(one, cancellationToken);
            head.Add(one[0]);
        }

        return Head = Encoding.ASCII.GetString([.. head]);
    }

    public async Task SendAsync(string text, CancellationToken cancellationToken) =>
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);

    /// <summary>The length of the body that the head announces.</summary>
    public int ContentLength => int.Parse(
        Head.Split("\r\n").Single(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal))["Content-Length: ".Length..],
        CultureInfo.InvariantCulture);

    public async Task<string> ReadTextAsync(int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes, cancellationToken);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads and throws away everything that comes for as long as the client sends; returns how much that was.</summary>
    public async Task<long> ReadOnAsync(long atMost, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        long total = 0;
        while (total < atMost)
        {
            var count = await _stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, atMost - total)), cancellationToken);
            if (count == 0)
            {
                break;
            }

            total += count;
        }

        return total;
    }

    /// <summary>Reads until the bytes received end with a text.</summary>
    public async Task ReadUntilAsync(string end, CancellationToken cancellationToken)
    {
        var tail = "";
        var buffer = new byte[64 << 10];
        while (!tail.EndsWith(end, StringComparison.Ordinal))
        {
            var count = await _stream.ReadAsync(buffer, cancellationToken);
            if (count == 0)
            {
                throw new IOException("The client closed the connection.");
            }

            tail = (tail + Encoding.Latin1.GetString(buffer, 0, count)) is var all && all.Length > 100 ? all[^100..] : all;
        }
    }

    /// <summary>Closes the connection hard, so that the other side gets a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        _stream.Dispose();
    }

    public void Dispose() => _stream.Dispose();
}

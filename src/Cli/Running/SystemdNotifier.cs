using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace TfeBackup.Cli.Running;

/// <summary>Tells systemd that a service is ready, alive, and stopping: sd_notify(3). Does nothing where systemd did not start it.</summary>
internal sealed class SystemdNotifier : IDisposable
{
    private readonly Socket? _socket;

    private SystemdNotifier(Socket? socket, TimeSpan? watchdog)
    {
        _socket = socket;
        WatchdogInterval = watchdog;
    }

    /// <summary>How often to say that it is alive: half of what systemd waits; null where it does not.</summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <summary>Connects to what the environment names.</summary>
    public static SystemdNotifier FromEnvironment()
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path || path[0] is not ('/' or '@'))
        {
            return new SystemdNotifier(null, null);
        }

        // Not for the commands that this process runs.
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
        var isWatched = Environment.GetEnvironmentVariable("WATCHDOG_PID") is not { Length: > 0 } process
            || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var watchdog = isWatched && long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds / 2)
            : (TimeSpan?)null;
        return new SystemdNotifier(socket, watchdog);
    }

    /// <summary>Says something: <c>READY=1</c>.</summary>
    public void Say(string state)
    {
        try
        {
            _ = _socket?.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (SocketException)
        {
            // systemd is being replaced; it asks nobody meanwhile.
        }
    }

    public void Dispose() => _socket?.Dispose();
}

using System.Runtime.InteropServices;
using TfeBackup.Cli.Output;

namespace TfeBackup.Cli;

/// <summary>
/// Ctrl-C and the signals that ask a program to end. The first asks politely: what runs is told to stop, and its history keeps what it had
/// done. The second ends the program where it stands, which the history survives as well.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Terminal _terminal;

    public Interruption(Terminal terminal)
    {
        _terminal = terminal;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (_source.IsCancellationRequested)
        {
            // Not cancelled: the signal does what it does by default, and ends the process.
            _terminal.EndDrawing();
            return;
        }

        context.Cancel = true;
        _source.Cancel();
    }
}

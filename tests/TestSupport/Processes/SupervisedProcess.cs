using System.Globalization;

namespace TfeBackup.TestSupport.Processes;

/// <summary>A process that does not outlive this one, however this one ends.</summary>
public sealed class SupervisedProcess
{
    private readonly ProcessSupervisor _supervisor;
    private readonly int _request;
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal SupervisedProcess(ProcessSupervisor supervisor, int request, ProcessStart start)
    {
        _supervisor = supervisor;
        _request = request;
        Start = start;
    }

    /// <summary>How it was started.</summary>
    public ProcessStart Start { get; }

    /// <summary>Its process id.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Completes with its exit code when it ends; 128 plus the signal's number where a signal ended it.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>Whether it still runs.</summary>
    public bool IsRunning => !_exited.Task.IsCompleted;

    /// <summary>The largest resident set it has had so far, in bytes, as the kernel counts it; Linux only, while it runs.</summary>
    public long PeakMemory =>
        1024 * long.Parse(
            File.ReadLines($"/proc/{ProcessId}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture);

    internal Task<int> Started => _started.Task;

    /// <summary>Sends a signal, such as <c>SIGTERM</c>; does nothing if the process has ended.</summary>
    public void Signal(string signal) => _supervisor.Signal(_request, signal);

    /// <summary>Sends a signal and waits for the end; SIGKILL follows where the process does not heed it in time.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync(string? signal = null, TimeSpan? timeout = null)
    {
        Signal(signal ?? Start.StopSignal);
        try
        {
            return await Exited.WaitAsync(timeout ?? TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException)
        {
            Signal("SIGKILL");
            return await Exited;
        }
    }

    /// <summary>What it has written to its log so far.</summary>
    public string ReadLog()
    {
        if (!File.Exists(Start.LogFile))
        {
            return "";
        }

        using var file = new FileStream(Start.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    internal void OnStarted(int processId)
    {
        ProcessId = processId;
        _started.TrySetResult(processId);
    }

    internal void OnFailed(string error)
    {
        var exception = new InvalidOperationException($"{Start.File} could not be started: {error}");
        _started.TrySetException(exception);
        _exited.TrySetResult(127);
    }

    internal void OnExited(int code) => _exited.TrySetResult(code);
}

namespace TfeBackup.Local.Runtime.Replay;

/// <summary>
/// Runs the continuations of an orchestration on the one thread that replays it, in the order they became ready. A
/// continuation that arrives from another thread proves that the code awaited something other than its context's tasks.
/// </summary>
/// <param name="onForeign">
/// Told when that happens, on that other thread, the first time; perhaps long after the replay, since such code outlives it. May be null.
/// </param>
internal sealed class ReplayLoop(Action? onForeign) : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();
    private int _thread;
    private int _foreign;

    /// <summary>Whether the calling code runs inside <see cref="Run"/>.</summary>
    public bool IsCurrent => _thread == Environment.CurrentManagedThreadId;

    /// <summary>Whether something outside resumed the code.</summary>
    public bool WasEnteredFromOutside => Volatile.Read(ref _foreign) != 0;

    public void Run(Action step)
    {
        var previous = Current;
        SetSynchronizationContext(this);
        _thread = Environment.CurrentManagedThreadId;
        try
        {
            step();
            while (_ready.TryDequeue(out var next))
            {
                next.Callback(next.State);
            }
        }
        finally
        {
            _thread = 0;
            SetSynchronizationContext(previous);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsCurrent)
        {
            _ready.Enqueue((d, state));
        }
        else if (Interlocked.Exchange(ref _foreign, 1) == 0)
        {
            // The continuation is dropped: running it here would race with the loop, and the operation fails for it anyway.
            onForeign?.Invoke();
        }
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("Orchestrations do not block.");

    public override SynchronizationContext CreateCopy() => this;
}

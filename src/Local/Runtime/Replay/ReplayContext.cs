using System.Security.Cryptography;
using System.Text;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Runtime.Replay;

/// <summary>
/// The context one replay of one orchestration sees: hands out tasks, remembers which of them are open, and lists what the code
/// asked for. Only <see cref="OrchestrationReplay"/> completes the tasks.
/// </summary>
internal sealed class ReplayContext(string instanceId, ReplayLoop loop) : IWorkflowContext
{
    // Limits of the hosts this must run on, kept here too so that an orchestration that outgrows them fails in the first test.
    private const int MaxInputBytes = 45 * 1024;
    private const int MaxStatusBytes = 16 * 1024;

    private readonly Dictionary<int, TaskCompletionSource<string>> _open = [];
    private readonly Dictionary<string, LinkedList<TaskCompletionSource<string>>> _waits = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Queue<string>> _events = new(StringComparer.OrdinalIgnoreCase);
    private int _tasks;
    private int _guids;
    private int _waiting;

    public string InstanceId => instanceId;

    public DateTimeOffset CurrentUtc { get; set; }

    public bool IsReplaying { get; set; }

    public string? Status { get; private set; }

    /// <summary>What the code asked for and nobody took yet, oldest first.</summary>
    public Queue<HistoryEvent> Actions { get; } = new();

    /// <summary>Timers the code gave up.</summary>
    public HashSet<int> CancelledTimers { get; } = [];

    /// <summary>Whether anything the code could be waiting for is still to come.</summary>
    public bool IsWaiting => _open.Count > 0 || _waiting > 0;

    public Task<string> CallActivityAsync(string name, string input)
    {
        CheckThread();
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(input);
        if (Encoding.UTF8.GetByteCount(input) > MaxInputBytes)
        {
            throw new WorkflowException(WorkflowError.Internal, $"The input of activity {name} is longer than {MaxInputBytes} bytes.");
        }

        return Open(HistoryEventKind.ActivityScheduled, name, input).Task;
    }

    public Task CreateTimerAsync(DateTimeOffset due, CancellationToken cancellationToken)
    {
        CheckThread();
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        var timer = Open(HistoryEventKind.TimerCreated, "", due.UtcDateTime.ToString("O"));
        var id = _tasks;
        cancellationToken.UnsafeRegister(
            (_, token) =>
            {
                if (_open.Remove(id))
                {
                    CancelledTimers.Add(id);
                    timer.TrySetCanceled(token);
                }
            },
            null);
        return timer.Task;
    }

    public Task<string> WaitForEventAsync(string name, CancellationToken cancellationToken)
    {
        CheckThread();
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<string>(cancellationToken);
        }

        if (_events.TryGetValue(name, out var kept) && kept.TryDequeue(out var payload))
        {
            return Task.FromResult(payload);
        }

        if (!_waits.TryGetValue(name, out var waits))
        {
            _waits.Add(name, waits = new LinkedList<TaskCompletionSource<string>>());
        }

        var wait = new TaskCompletionSource<string>();
        var node = waits.AddLast(wait);
        _waiting++;
        cancellationToken.UnsafeRegister(
            (_, token) =>
            {
                if (node.List is { } list)
                {
                    list.Remove(node);
                    _waiting--;
                    wait.TrySetCanceled(token);
                }
            },
            null);
        return wait.Task;
    }

    public void SetStatus(string json)
    {
        CheckThread();
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length * sizeof(char) > MaxStatusBytes)
        {
            throw new WorkflowException(WorkflowError.Internal, $"The status is longer than {MaxStatusBytes} bytes.");
        }

        Status = json;
    }

    public Guid NewGuid()
    {
        CheckThread();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{instanceId}\n{_guids++}"));

        // Version 8: the layout RFC 9562 leaves to whoever makes it.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }

    /// <summary>Completes an activity or a timer; one the code no longer waits for is ignored.</summary>
    public void Complete(int taskId, string result)
    {
        if (_open.Remove(taskId, out var task))
        {
            task.SetResult(result);
        }
    }

    public void Fail(int taskId, WorkflowFailure failure)
    {
        if (_open.Remove(taskId, out var task))
        {
            task.SetException(failure.ToException());
        }
    }

    public void Raise(string name, string payload)
    {
        if (_waits.TryGetValue(name, out var waits) && waits.First is { } oldest)
        {
            waits.RemoveFirst();
            _waiting--;
            oldest.Value.SetResult(payload);
            return;
        }

        if (!_events.TryGetValue(name, out var kept))
        {
            _events.Add(name, kept = new Queue<string>());
        }

        kept.Enqueue(payload);
    }

    private TaskCompletionSource<string> Open(HistoryEventKind kind, string name, string payload)
    {
        var id = ++_tasks;
        var task = new TaskCompletionSource<string>();
        _open.Add(id, task);
        Actions.Enqueue(new HistoryEvent(0, kind, CurrentUtc, id, name, payload));
        return task;
    }

    private void CheckThread()
    {
        if (!loop.IsCurrent)
        {
            throw new WorkflowException(
                WorkflowError.NonDeterministic, "The orchestration used its context from a thread of its own; it may await only its context's tasks.");
        }
    }
}

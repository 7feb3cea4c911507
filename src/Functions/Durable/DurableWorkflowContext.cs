using System.Text.Json;
using Microsoft.DurableTask;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Functions.Durable;

/// <summary>What Durable Task gives an orchestration, as <see cref="IWorkflowContext"/>.</summary>
internal sealed class DurableWorkflowContext(TaskOrchestrationContext context) : IWorkflowContext
{
    // Of a worker that dies of the activity itself, say of its memory, somebody has to hear at last.
    private const int MostRuns = 10;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, EventQueue> _events = new(StringComparer.OrdinalIgnoreCase);

    public string InstanceId => context.InstanceId;

    public DateTimeOffset CurrentUtc => new(DateTime.SpecifyKind(context.CurrentUtcDateTime, DateTimeKind.Utc));

    public bool IsReplaying => context.IsReplaying;

    public async Task<string> CallActivityAsync(string name, string input)
    {
        var pause = FirstPause;
        for (var run = 1; ; run++)
        {
            try
            {
                return await context.CallActivityAsync<string>(name, input);
            }
            catch (TaskFailedException e) when (RecordedFailureException.Find(e.FailureDetails) is { } failure)
            {
                throw failure.ToException();
            }
            catch (TaskFailedException) when (run < MostRuns)
            {
                // The activity did not fail: its worker died or was told to stop, and the host counts that as the activity's end.
            }
            catch (TaskFailedException e)
            {
                throw RecordedFailureException.Read(e.FailureDetails).ToException();
            }

            await context.CreateTimer(context.CurrentUtcDateTime + pause, CancellationToken.None);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    public Task CreateTimerAsync(DateTimeOffset due, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            return context.CreateTimer(due.UtcDateTime, CancellationToken.None);
        }

        // Cancelled at once, within Cancel(), as the contract has it; Durable Task's own task learns of it a turn later.
        var timer = new TaskCompletionSource();
        cancellationToken.Register(() => timer.TrySetCanceled(cancellationToken));
        _ = CompleteAsync(context.CreateTimer(due.UtcDateTime, cancellationToken), timer);
        return timer.Task;
    }

    public Task<string> WaitForEventAsync(string name, CancellationToken cancellationToken)
    {
        if (!_events.TryGetValue(name, out var queue))
        {
            _events.Add(name, queue = new EventQueue(() => context.WaitForExternalEvent<string>(name, CancellationToken.None)));
        }

        return queue.WaitAsync(cancellationToken);
    }

    public void SetStatus(string json) => context.SetCustomStatus(JsonElement.Parse(json));

    public Guid NewGuid() => context.NewGuid();

    private static async Task CompleteAsync(Task timer, TaskCompletionSource completion)
    {
        try
        {
            await timer;
            completion.TrySetResult();
        }
        catch (OperationCanceledException)
        {
            completion.TrySetCanceled();
        }
    }

    /// <summary>
    /// The waits for one event, the oldest first. Durable Task gives an event to the newest of its waits (some versions to the oldest), and
    /// loses one that comes for a wait nobody is interested in any more; so each of its waits serves whichever of ours is the oldest.
    /// </summary>
    private sealed class EventQueue(Func<Task<string>> next)
    {
        private readonly LinkedList<TaskCompletionSource<string>> _waiting = new();
        private readonly Queue<string> _arrived = new();
        private int _asked;

        public Task<string> WaitAsync(CancellationToken cancellationToken)
        {
            if (_arrived.TryDequeue(out var payload))
            {
                return Task.FromResult(payload);
            }

            var wait = new TaskCompletionSource<string>();
            var node = _waiting.AddLast(wait);
            cancellationToken.Register(() =>
            {
                if (wait.TrySetCanceled(cancellationToken))
                {
                    _waiting.Remove(node);
                }
            });
            if (_asked < _waiting.Count)
            {
                _asked++;
                _ = AskAsync();
            }

            return wait.Task;
        }

        private async Task AskAsync()
        {
            var payload = await next();
            _asked--;
            if (_waiting.First is { } oldest)
            {
                _waiting.RemoveFirst();
                oldest.Value.TrySetResult(payload);
            }
            else
            {
                _arrived.Enqueue(payload);
            }
        }
    }
}

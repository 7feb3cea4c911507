using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Local.Runtime;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Runtime;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Tests.Runtime;

/// <summary>The embedded runtime over a journal in a folder of its own, one worker in this process.</summary>
internal sealed class LocalRuntimeHarness : RuntimeHarness
{
    public static readonly LocalWorkerOptions Quick = new()
    {
        PollInterval = TimeSpan.FromMilliseconds(10),
        Heartbeat = TimeSpan.FromMilliseconds(50),
        Lease = TimeSpan.FromSeconds(5),
    };

    private readonly TempFolder _folder = new();
    private readonly IReadOnlyList<IOrchestration> _orchestrations;
    private readonly IReadOnlyList<IActivity> _activities;
    private readonly LocalWorkerOptions _options;
    private CancellationTokenSource _stopping = new();
    private Task _run;

    public LocalRuntimeHarness(
        IReadOnlyList<IOrchestration> orchestrations, IReadOnlyList<IActivity> activities, TimeProvider? time = null, LocalWorkerOptions? options = null)
    {
        _orchestrations = orchestrations;
        _activities = activities;
        _options = options ?? Quick;
        Journal = Journal.Open(_folder.Combine("journal.db"), time ?? TimeProvider.System);
        LocalClient = new LocalWorkflowClient(Journal);
        _run = Run();
    }

    public Journal Journal { get; }

    public LocalWorkflowClient LocalClient { get; }

    public override IWorkflowClient Client => LocalClient;

    public override IOperationClaims Claims => new LocalOperationClaims(Journal);

    public override async Task RestartAsync()
    {
        await StopAsync();
        _stopping.Dispose();
        _stopping = new CancellationTokenSource();
        _run = Run();
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _run;
    }

    public override async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
        Journal.Dispose();
        _folder.Dispose();
    }

    private Task Run() =>
        new LocalWorkflowWorker(Journal, _orchestrations, _activities, _options, NullLogger<LocalWorkflowWorker>.Instance).RunAsync(_stopping.Token);
}

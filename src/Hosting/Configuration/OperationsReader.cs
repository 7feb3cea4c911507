using TfeBackup.Engine.Settings;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Configuration;

/// <summary>Reads <c>Operations</c>.</summary>
internal static class OperationsReader
{
    private static readonly TimeSpan ShortestKeeping = TimeSpan.FromDays(1);

    public static OperationsDefinition Read(SettingsNode node)
    {
        var usual = new OperationsDefinition();
        var keepFor = node.Duration("KeepFor") ?? usual.KeepFor;
        if (keepFor < ShortestKeeping)
        {
            node.AddError("KeepFor", "at least a day, so that the result of last night's backup can be read");
        }

        return new OperationsDefinition
        {
            KeepFor = keepFor,
            Timings = new OperationTimings
            {
                Calls = ReadTimes(node.Section("Calls"), usual.Timings.Calls),
                Transfers = ReadTimes(node.Section("Transfers"), usual.Timings.Transfers),
                Scheduled = ReadScheduled(node.Section("Scheduled"), usual.Timings.Scheduled!),
                PollInterval = node.Duration("PollInterval") ?? usual.Timings.PollInterval,
                ReadyTimeout = node.Duration("ReadyTimeout") ?? usual.Timings.ReadyTimeout,
                ApprovalDeadline = node.Duration("ApprovalDeadline") ?? usual.Timings.ApprovalDeadline,
                ManualRestartDeadline = node.Duration("ManualRestartDeadline") ?? usual.Timings.ManualRestartDeadline,
                OrphanAge = node.Duration("OrphanAge") ?? usual.Timings.OrphanAge,
            },
            Api = ReadApi(node.Section("Api"), usual.Api),
        };
    }

    private static RetryTimes ReadTimes(SettingsNode node, RetryTimes usual) => usual with
    {
        MaxAttempts = node.Count("Attempts", usual.MaxAttempts, least: 1),
        FirstDelay = node.Duration("FirstDelay") ?? usual.FirstDelay,
        MaxDelay = node.Duration("MaxDelay") ?? usual.MaxDelay,
        Timeout = node.Duration("Timeout") ?? usual.Timeout,
    };

    private static ScheduledTimings ReadScheduled(SettingsNode node, ScheduledTimings usual) => new(
        node.Duration("ReadyTimeout") ?? usual.ReadyTimeout,
        node.Count("Attempts", usual.Attempts, least: 1),
        node.Duration("Timeout") ?? usual.Timeout);

    private static ApiInstallationOptions ReadApi(SettingsNode node, ApiInstallationOptions usual) => usual with
    {
        ConnectTimeout = node.Duration("ConnectTimeout") ?? usual.ConnectTimeout,
        StallTimeout = node.Duration("StallTimeout") ?? usual.StallTimeout,
        AnswerTimeout = node.Duration("AnswerTimeout") ?? usual.AnswerTimeout,
        ContinueTimeout = node.Duration("ContinueTimeout") ?? usual.ContinueTimeout,
        StatusTimeout = node.Duration("StatusTimeout") ?? usual.StatusTimeout,
        ControlTimeout = node.Duration("ControlTimeout") ?? usual.ControlTimeout,
        ControlInterval = node.Duration("ControlInterval") ?? usual.ControlInterval,
    };
}

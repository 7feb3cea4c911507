using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Output;

/// <summary>A restore's plan as an operator reads it.</summary>
internal static class RestorePlanText
{
    /// <summary>The plan, a line for each fact.</summary>
    public static string Of(RestorePreview plan)
    {
        var facts = new FactSheet()
            .Add("Source", plan.Backup.ToString())
            .Add(
                "Taken",
                $"{Human.Time(plan.Taken)}, {Human.Duration(TimeSpan.FromSeconds(plan.AgeSeconds))} ago; {Human.Size(plan.Size)}, {(plan.ObjectsIncluded ? "with objects" : "without objects")}")
            .Add("Last check", plan.LastCheck is { } check ? $"{Words.Of(check)} at {Human.Time(check.Time)}{(check.Failure is null ? "" : $": {check.Failure}")}" : "none since it was published")
            .Add("Note", plan.Note)
            .Add("Target", $"{plan.Target}, which {Content(plan)}")
            .Add("Status", plan.TargetStatus)
            .Add("Its data", plan.Overwrites ? plan.SafetyBackup ? "is replaced, after a safety backup" : "is replaced WITHOUT a safety backup" : null)
            .Add("NOT VALID", plan.NotValid is null ? null : string.Join(", ", plan.NotValid))
            .Add("Approval", plan.RequiresApproval ? "waited for" : "not required")
            .Add("Restart", plan.Restart ?? "by hand")
            .Add("Refused", plan.Refusal?.Message);
        return facts.ToString();
    }

    private static string Content(RestorePreview plan) => plan switch
    {
        { TargetReady: false } => "is not ready",
        { TargetContent: InstallationContent.Empty } => "is empty",
        { TargetContent: InstallationContent.HoldsData } => "holds data",
        { TargetContent: InstallationContent.HoldsObjects } => "holds objects and no rows",
        _ => "does not report what it holds",
    };
}

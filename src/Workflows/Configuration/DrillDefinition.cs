using TfeBackup.Workflows.Scheduling;

namespace TfeBackup.Workflows.Configuration;

/// <summary><c>Installations:&lt;name&gt;:Drill</c>: where its newest backup is restored to see that it can be.</summary>
/// <param name="Into"><c>Into</c>: a scratch installation, whose data is replaced every time.</param>
/// <param name="Schedule"><c>Schedule</c>: when; null for only on request.</param>
public sealed record DrillDefinition(string Into, BackupSchedule? Schedule)
{
    /// <summary>What is wrong with a drill of one installation into another; null where nothing is.</summary>
    /// <param name="installation">The one whose backup is taken.</param>
    /// <param name="into">The one that is overwritten; null where no such is configured.</param>
    public static string? FindFault(string installation, InstallationDefinition? into) => into switch
    {
        null => "is not the name of a configured installation; expected a scratch installation, whose data a drill replaces",
        _ when into.Name == installation => "is the installation itself, which a drill would overwrite; expected another, with nothing to lose",
        { Schedule: not null } => $"is '{into.Name}', which has a Schedule of its own and so has data to protect; expected a scratch installation, whose data a drill replaces",
        _ => null,
    };
}

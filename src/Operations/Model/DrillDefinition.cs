namespace TfeBackup.Operations.Model;

/// <summary><c>Installations:&lt;name&gt;:Drill</c>: where its newest backup is restored to see that it can be.</summary>
/// <param name="Into"><c>Into</c>: a scratch installation, whose data is replaced every time.</param>
/// <param name="Schedule"><c>Schedule</c>: when; null for only on request.</param>
public sealed record DrillDefinition(string Into, BackupSchedule? Schedule)
{
    /// <summary>Finds the fault in a drill's configuration; null if there is none.</summary>
    /// <param name="installation">The one whose backup is taken.</param>
    /// <param name="into">The one that is overwritten; null where no such is configured.</param>
    public static string? FindFault(string installation, InstallationDefinition? into) => into switch
    {
        null => "is not the name of a configured installation; expected a scratch installation, whose data a drill replaces",
        _ when into.Name == installation => "is the installation itself, which a drill would overwrite; expected a scratch installation",
        { Schedule: not null } => $"is '{into.Name}', which has its own Schedule and so holds data to protect; expected a scratch installation, whose data a drill replaces",
        _ => null,
    };
}

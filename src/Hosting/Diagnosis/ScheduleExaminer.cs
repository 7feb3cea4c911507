using TfeBackup.Hosting.Configuration;
using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Diagnosis;

/// <summary>Checks an installation's schedules against its policies.</summary>
internal static class ScheduleExaminer
{
    public static IReadOnlyList<Finding> Examine(BackupConfiguration configuration, InstallationDefinition installation, DateTimeOffset now)
    {
        var subject = $"{installation.Name}: schedule";
        if (installation.Schedule is not { } schedule)
        {
            return configuration.Definitions.Any(other => other.Drill?.Into == installation.Name)
                ? [Finding.Ok(subject, "none: it is the scratch installation of a drill")]
                : [Finding.Warning(subject, "No backups are due: it has no Schedule.", $"Set Installations:{installation.Name}:Schedule, such as 0 0 */6 * * *, unless it is only restored into.")];
        }

        var gap = schedule.LongestGap(now);
        if (installation.Rpo is not { } rpo)
        {
            return [Finding.Warning(subject, $"Nobody is told when backups stop: it has no Rpo.", $"Set Installations:{installation.Name}:Rpo to more than {gap}, the longest time between two backups.")];
        }

        return rpo <= gap
            ? [Finding.Failed(subject, $"Rpo is {rpo}, but up to {gap} pass between two backups of Schedule ({schedule}).", "Take backups more often, or allow a longer Rpo.")]
            : [Finding.Ok(subject, $"backups at {schedule}, an RPO of {rpo}")];
    }
}

using System.CommandLine;

namespace TfeBackup.Cli.Commands;

/// <summary>How backups are named on the command line.</summary>
internal static class BackupNames
{
    /// <summary>The argument.</summary>
    public static Argument<string> CreateArgument() => new("BACKUP")
    {
        Description = "A backup as 'list' shows it: INSTALLATION/ID, the ID alone, INSTALLATION/latest, or latest.",
    };
}

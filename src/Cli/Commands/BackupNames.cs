using System.CommandLine;

namespace TfeBackup.Cli.Commands;

/// <summary>The names of backups on the command line.</summary>
internal static class BackupNames
{
    /// <summary>The argument.</summary>
    public static Argument<string> CreateArgument() => new("BACKUP")
    {
        Description = "A backup as shown by 'list': INSTALLATION/ID, ID, INSTALLATION/latest, or latest.",
    };
}

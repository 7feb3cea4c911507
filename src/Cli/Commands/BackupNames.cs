using System.CommandLine;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary>The names of backups on the command line.</summary>
internal static class BackupNames
{
    private const string Latest = "latest";

    /// <summary>The argument.</summary>
    public static Argument<string> CreateArgument() => new("BACKUP")
    {
        Description = "A backup as shown by 'list': INSTALLATION/ID, ID, INSTALLATION/latest, or latest.",
    };

    /// <summary>The argument of commands that read a backup's content.</summary>
    public static Argument<string> CreateFileArgument() => new("BACKUP")
    {
        Description = "Path of a backup file, or a backup in the store as shown by 'list': INSTALLATION/ID, INSTALLATION/latest, …; of that only what is needed is read.",
    };

    /// <summary>Returns true if a text may be the name of a stored backup.</summary>
    public static bool IsName(string text) => text.Split('/') switch
    {
        [var id] => id == Latest || BackupKey.IsId(id),
        [var installation, var id] => InstallationName.IsValid(installation) && (id == Latest || BackupKey.IsId(id)),
        _ => false,
    };
}

using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Configuration;

/// <summary>The folders of the Debian package, which belong to its service's user.</summary>
internal static class PackageFolders
{
    /// <summary>Where the service's configuration is.</summary>
    public const string Configuration = "/etc/tfe-backup";

    /// <summary>Where the service may write: histories, and backups unless they are kept elsewhere.</summary>
    public const string Data = "/var/lib/tfe-backup";

    /// <summary>True where this process runs as that user.</summary>
    /// <exception cref="OperationException">It runs as root: what it writes there, the service could not read.</exception>
    public static bool AreMine()
    {
        if (!Directory.Exists(Configuration))
        {
            return false;
        }

        if (Environment.IsPrivilegedProcess)
        {
            throw new OperationException(
                OperationError.InvalidRequest,
                $"{Configuration} belongs to the user tfe-backup, who could not read what root writes there. Run 'sudo -u tfe-backup tfe-backup init', or name another document with --config.");
        }

        try
        {
            // It is readable by its owner alone.
            _ = Directory.GetFileSystemEntries(Configuration);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}

using System.CommandLine;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Configuration;

namespace TfeBackup.Cli.Commands;

/// <summary>How installations are named on the command line.</summary>
internal static class InstallationNames
{
    /// <summary>The argument.</summary>
    public static Argument<string> CreateArgument() => new("INSTALLATION") { Description = "An installation, by its name in the configuration." };

    /// <summary>Lets the name of a configured installation pass; another one is wrong use.</summary>
    public static void Check(BackupConfiguration configuration, string name)
    {
        try
        {
            _ = configuration.GetInstallation(name);
        }
        catch (WorkflowException e) when (e.Error == WorkflowError.NotFound)
        {
            throw new UsageException(e.Message);
        }
    }
}

using System.CommandLine;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary>The names of installations on the command line.</summary>
internal static class InstallationNames
{
    /// <summary>The argument.</summary>
    public static Argument<string> CreateArgument() => new("INSTALLATION") { Description = "Name of an installation in the configuration." };

    /// <summary>Lets the name of a configured installation pass; another one is wrong use.</summary>
    public static void Check(BackupConfiguration configuration, string name)
    {
        try
        {
            _ = configuration.GetInstallation(name);
        }
        catch (OperationException e) when (e.Error == OperationError.NotFound)
        {
            throw new UsageException(e.Message);
        }
    }
}

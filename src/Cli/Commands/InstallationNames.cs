using System.CommandLine;
using TfeBackup.Cli.Configuration;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary>The names of installations on the command line.</summary>
internal static class InstallationNames
{
    /// <summary>The argument.</summary>
    public static Argument<string> CreateArgument()
    {
        var argument = new Argument<string>("INSTALLATION") { Description = "Name of an installation in the configuration." };
        argument.CompletionSources.Add(context => Complete(context.ParseResult.GetValue(CommandLine.ConfigOption)));
        return argument;
    }

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

    // For a shell: what cannot be read has no names.
    private static IReadOnlyCollection<string> Complete(string? path)
    {
        try
        {
            return [.. ConfigurationFile.Load(path).Installations.Keys];
        }
        catch (OperationException)
        {
            return [];
        }
    }
}

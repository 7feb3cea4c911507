using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using TfeBackup.Cli.Json;

namespace TfeBackup.Cli.Commands;

/// <summary><c>version</c>.</summary>
internal static class VersionCommand
{
    public static Command Create() => new Command("version", "Show the version of this program and what it runs on.").Does((context, _) =>
    {
        // "0.1.0+<commit>", where the build knows the commit.
        var parts = (typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown").Split('+', 2);
        context.Terminal.Write(
            new VersionDocument(parts[0], parts.Length > 1 ? parts[1] : null, RuntimeInformation.FrameworkDescription, RuntimeInformation.RuntimeIdentifier),
            CliJson.Default.VersionDocument,
            version => $"tfe-backup {version.Version}{(version.Commit is { } commit ? $" ({commit[..Math.Min(12, commit.Length)]})" : "")}, {version.Runtime}, {version.Platform}\n");
        return Task.FromResult(ExitCode.Done);
    });
}

using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using TfeBackup.TestSupport;

namespace TfeBackup.Demo;

/// <summary>The operator's machine: <c>tfe-backup</c> with its configuration, its secrets, and a store in Blob Storage.</summary>
internal sealed class Operator
{
    private static readonly string ProgramPath = Path.GetFullPath(
        typeof(Operator).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "CommandLine").Value!);

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    private readonly Shell _shell;
    private readonly string _directory;
    private readonly Dictionary<string, string?> _environment;

    private Operator(Shell shell, string directory, Dictionary<string, string?> environment)
    {
        _shell = shell;
        _directory = directory;
        _environment = environment;
    }

    /// <summary>Sets the machine up.</summary>
    /// <param name="old">The installation to back up.</param>
    /// <param name="restored">The installation to restore into.</param>
    /// <param name="application">What restarts the application of <paramref name="restored"/>.</param>
    /// <param name="password">What backups are encrypted with.</param>
    /// <param name="storage">Connection string of the store's account.</param>
    /// <param name="container">The store's container.</param>
    /// <param name="shell">Runs the commands.</param>
    /// <param name="narrator">Is told what an operator writes down.</param>
    /// <param name="folder">Where the machine's files lie.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public static async Task<Operator> CreateAsync(
        Installation old,
        Installation restored,
        ApplicationScript application,
        string password,
        string storage,
        string container,
        Shell shell,
        Narrator narrator,
        TempFolder folder,
        CancellationToken cancellationToken)
    {
        var directory = folder.Combine("operator");
        Directory.CreateDirectory(directory);
        var secrets = Path.Combine(directory, "secrets.json");
        await File.WriteAllTextAsync(
            secrets,
            new JsonObject
            {
                ["old-token"] = await ReadTokenAsync(old, cancellationToken),
                ["new-token"] = await ReadTokenAsync(restored, cancellationToken),
                ["backup-password"] = password,
            }.ToJsonString(),
            cancellationToken);
        File.SetUnixFileMode(secrets, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var configuration = new JsonObject
        {
            ["Installations"] = new JsonObject
            {
                ["old"] = Describe(old, "old-token"),
                ["new"] = Describe(restored, "new-token", new JsonObject
                {
                    ["Kind"] = "Command",
                    ["Stop"] = new JsonArray(application.Path, "stop"),
                    ["Status"] = new JsonArray(application.Path, "status"),
                    ["Start"] = new JsonArray(application.Path, "start"),
                }),
            },
            ["Store"] = new JsonObject { ["Kind"] = "AzureBlob", ["Container"] = container },
            ["Secrets"] = new JsonObject { ["Kind"] = "File", ["Path"] = "secrets.json" },
            ["Operations"] = new JsonObject { ["PollInterval"] = "0:00:01" },
        }.ToJsonString(Readable);
        await File.WriteAllTextAsync(Path.Combine(directory, "tfe-backup.json"), configuration, cancellationToken);
        narrator.Command("cat tfe-backup.json");
        narrator.Found(configuration);
        narrator.Command($"export TFEBACKUP__Store__ConnectionString=…");

        // So that the commands run as they are printed.
        var programs = folder.Combine("bin");
        Directory.CreateDirectory(programs);
        var program = Path.Combine(programs, "tfe-backup");
        await File.WriteAllTextAsync(
            program, $"#!/bin/sh\nexec dotnet '{ProgramPath}' \"$@\"\n", cancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new Operator(shell, directory, new Dictionary<string, string?>
        {
            ["PATH"] = $"{programs}:{Environment.GetEnvironmentVariable("PATH")}",
            ["TFEBACKUP__Store__ConnectionString"] = storage,
        });
    }

    /// <summary>Runs a command, shows what it prints, and requires that it ends well.</summary>
    /// <exception cref="DemoException">It does not.</exception>
    public async Task RunAsync(string command, Narrator narrator, CancellationToken cancellationToken)
    {
        var (code, output) = await _shell.RunAsync(command, _directory, _environment, cancellationToken);
        narrator.Found(output);
        if (code != 0)
        {
            throw new DemoException($"'{command}' ended with {code}.");
        }
    }

    private static async Task<string> ReadTokenAsync(Installation installation, CancellationToken cancellationToken) =>
        (await File.ReadAllTextAsync(installation.TokenFile, cancellationToken)).Trim();

    private static JsonObject Describe(Installation installation, string token, JsonObject? restart = null)
    {
        var description = new JsonObject
        {
            ["Endpoint"] = installation.Service.Address.ToString(),
            ["TokenSecret"] = token,
            ["PasswordSecret"] = "backup-password",
            ["Health"] = new JsonObject { ["Url"] = installation.Application.Address.ToString() },
        };
        if (restart is not null)
        {
            description["Restart"] = restart;
        }

        return description;
    }
}

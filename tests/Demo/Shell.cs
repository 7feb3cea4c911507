using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.Demo;

/// <summary>Runs commands in a shell, exactly as they are printed.</summary>
internal sealed class Shell(Narrator narrator, TempFolder folder)
{
    private int _lastLog;

    /// <summary>Prints a command, runs it, and waits for its end.</summary>
    /// <param name="command">The command line.</param>
    /// <param name="directory">Where it runs.</param>
    /// <param name="environment">Its variables; secrets go here.</param>
    /// <param name="cancellationToken">Ends the command early.</param>
    /// <returns>Its exit code and what it wrote.</returns>
    public async Task<(int ExitCode, string Output)> RunAsync(
        string command, string directory, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        narrator.Command(command);
        return await StartAsync(command, directory, environment, cancellationToken);
    }

    /// <summary>Runs a command that is nobody's business.</summary>
    /// <returns>Its exit code and what it wrote.</returns>
    public Task<(int ExitCode, string Output)> RunQuietlyAsync(string command, CancellationToken cancellationToken) =>
        StartAsync(command, folder.Root, new Dictionary<string, string?>(), cancellationToken);

    private async Task<(int ExitCode, string Output)> StartAsync(
        string command, string directory, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStart("/bin/sh", ["-c", command], folder.Combine($"command-{++_lastLog}.log"))
        {
            WorkingDirectory = directory,
            Environment = environment,
        };
        var process = await ProcessSupervisor.Shared.StartAsync(start, cancellationToken);
        try
        {
            return (await process.Exited.WaitAsync(cancellationToken), process.ReadLog());
        }
        catch (OperationCanceledException)
        {
            await process.StopAsync("SIGKILL");
            throw;
        }
    }
}

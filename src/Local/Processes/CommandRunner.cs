using System.ComponentModel;
using System.Diagnostics;
using TfeBackup.Local.Secrets;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Installations.Commands;

namespace TfeBackup.Local.Processes;

/// <summary>
/// Runs a program with arguments, without a shell: to its end, within a time, keeping the end of its output. It gets no input, and
/// none of this process's secrets in its environment.
/// </summary>
internal static class CommandRunner
{
    // A Replicated or Kubernetes status is a few KiB; a program that floods its output costs this much and no more.
    private const int KeptOutput = 64 << 10;

    private static readonly TimeSpan LastOutput = TimeSpan.FromSeconds(2);

    /// <summary>Runs a command.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="timeout">How long it may take; then it is killed with everything it started.</param>
    /// <param name="time">Measures that.</param>
    /// <param name="cancellationToken">Kills it, too.</param>
    /// <exception cref="WorkflowException">
    /// <see cref="WorkflowError.InvalidConfiguration"/>: there is no such program. <see cref="WorkflowError.TimedOut"/>: it took too long.
    /// </exception>
    public static async Task<CommandResult> RunAsync(
        IReadOnlyList<string> command, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = CreateStart(command) };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new WorkflowException(
                WorkflowError.InvalidConfiguration,
                $"Cannot run '{CommandLine.Display(command)}': {e.Message}. The program must be on the PATH of the user this runs as, or be given by its full path.",
                e);
        }

        process.StandardInput.Close();
        var output = ReadTailAsync(process.StandardOutput.BaseStream);
        var errors = ReadTailAsync(process.StandardError.BaseStream);
        using var expiry = new CancellationTokenSource(timeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        try
        {
            await process.WaitForExitAsync(ending.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            throw new WorkflowException(
                WorkflowError.TimedOut, $"'{CommandLine.Display(command)}' did not end within {timeout.TotalSeconds:0} s and was killed.");
        }

        // What it left running may hold the pipes open for ever.
        await Task.WhenAny(Task.WhenAll(output.Done, errors.Done), Task.Delay(LastOutput, time, cancellationToken));
        return new CommandResult(process.ExitCode, output.Text(), errors.Text());
    }

    private static ProcessStartInfo CreateStart(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        // Secrets, and configuration, which can hold a connection string.
        foreach (var name in start.Environment.Keys.Where(IsPrivate).ToList())
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    private static bool IsPrivate(string variable) =>
        variable.StartsWith(EnvironmentSecretSource.Prefix, StringComparison.OrdinalIgnoreCase)
        || variable.StartsWith("TFEBACKUP__", StringComparison.OrdinalIgnoreCase);

    private static (Task Done, Func<string> Text) ReadTailAsync(Stream stream)
    {
        var tail = new OutputTail(KeptOutput);
        async Task ReadAsync()
        {
            var buffer = new byte[16 << 10];
            try
            {
                for (int count; (count = await stream.ReadAsync(buffer)) > 0;)
                {
                    tail.Append(buffer.AsSpan(0, count));
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The pipe was closed when this command's time was over; what came before it is what there is.
            }
        }

        return (ReadAsync(), tail.ToString);
    }
}

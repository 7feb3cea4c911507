using System.Collections.Frozen;
using System.ComponentModel;
using System.Diagnostics;

namespace TfeBackup.Engine.Application;

/// <summary>
/// Runs a program with arguments on this machine, without a shell: to its end, within a time, keeping the end of its output. It gets no input, and
/// none of this process's secrets in its environment.
/// </summary>
/// <remarks>
/// A command that leaves a process behind must give it an output of its own: what is read here ends with the call.
/// </remarks>
/// <param name="time">Measures how long commands take.</param>
/// <param name="privateVariables">Name prefixes of environment variables that hold secrets, beside those of .NET's configuration and Azure's.</param>
public sealed class ProcessRunner(TimeProvider time, params IReadOnlyList<string> privateVariables) : ICommandRunner
{
    // A Replicated or Kubernetes status is a few KiB; a program that floods its output costs this much and no more.
    private const int KeptOutput = 64 << 10;

    private static readonly TimeSpan LastOutput = TimeSpan.FromSeconds(2);

    // What the credentials of Azure's SDK read.
    private static readonly FrozenSet<string> AzureVariables =
        new[] { "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_PASSWORD" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public string Place => "";

    /// <inheritdoc/>
    public async Task<CommandResult> RunAsync(IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        using var process = new Process { StartInfo = CreateStart(command) };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new EngineException(
                EngineError.InvalidRequest,
                $"Cannot run '{CommandLine.Display(command)}': {e.Message}. Put the program on the PATH of this service's user, or give its full path.",
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
            throw new EngineException(
                EngineError.TimedOut, $"'{CommandLine.Display(command)}' did not end within {timeout.TotalSeconds:0} s and was killed.");
        }

        // What it left running may hold the pipes open for ever.
        await Task.WhenAny(Task.WhenAll(output.Done, errors.Done), Task.Delay(LastOutput, time, cancellationToken));
        return new CommandResult(process.ExitCode, output.Tail.ToString(), errors.Tail.ToString()) { IsCut = output.Tail.IsCut };
    }

    private ProcessStartInfo CreateStart(IReadOnlyList<string> command)
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

        foreach (var name in start.Environment.Keys.Where(IsPrivate).ToList())
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    // Settings have names of several levels, and among them are tokens, passwords and connection strings. No runtime's own variables look like that.
    private bool IsPrivate(string variable) =>
        variable.Contains("__", StringComparison.Ordinal) || variable.Contains(':', StringComparison.Ordinal) || AzureVariables.Contains(variable)
        || privateVariables.Any(prefix => variable.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private static (Task Done, OutputTail Tail) ReadTailAsync(Stream stream)
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

        return (ReadAsync(), tail);
    }
}

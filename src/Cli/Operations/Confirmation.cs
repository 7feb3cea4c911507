using TfeBackup.Cli.Output;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Operations;

/// <summary>Asks on a terminal before data is replaced. Scripts have said so with their options.</summary>
internal static class Confirmation
{
    /// <summary>Asks for the target's name where a restore replaces its data and there is a terminal to ask on.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.Cancelled"/>: another name, or none, was typed.</exception>
    public static async Task RequireAsync(Terminal terminal, RestorePreview plan, CancellationToken cancellationToken)
    {
        if (!plan.Overwrites || !terminal.CanAsk)
        {
            return;
        }

        terminal.Ask($"This replaces the data of {plan.Target}. Type its name to go on: ");

        // The read itself cannot be cancelled.
        var typed = await Task.Run(Console.In.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);
        if (typed?.Trim() != plan.Target)
        {
            throw new OperationException(
                OperationError.Cancelled, $"'{plan.Target}' was not typed; nothing was changed. In scripts, use --yes.");
        }
    }
}

using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TfeBackup.Cli.Operations;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary>Starts an operation, waits for its end and prints the result: the part shared by commands.</summary>
/// <typeparam name="T">What the operation is asked for.</typeparam>
/// <param name="Orchestration">The orchestration's name.</param>
/// <param name="Input">What it is asked for. One of the same name that was asked for the same and was interrupted goes on instead.</param>
/// <param name="InputType">How that is written.</param>
/// <param name="StartAsync">Starts it, and returns its id.</param>
/// <param name="Print">What an operator reads when it has succeeded.</param>
internal sealed record OperationCommand<T>(
    string Orchestration,
    T Input,
    JsonTypeInfo<T> InputType,
    Func<OperationService, CancellationToken, Task<string>> StartAsync,
    Func<OperationInstance, string> Print)
{
    /// <summary>Runs it for an installation, which must be a configured one.</summary>
    public async Task<int> RunAsync(CommandContext context, string installation, CancellationToken cancellationToken)
    {
        await using var host = OperationHost.Open(context);
        InstallationNames.Check(host.Configuration, installation);
        return await RunAsync(context, host, cancellationToken);
    }

    /// <summary>Runs it.</summary>
    public async Task<int> RunAsync(CommandContext context, OperationHost host, CancellationToken cancellationToken)
    {
        var ended = await new OperationRunner(host, context).RunAsync(
            StartAsync,
            other => other.Name == Orchestration && IsSame(other.Input.Deserialize(InputType)),
            cancellationToken);
        return OperationPrinter.PrintResult(context.Terminal, host, ended, Print);
    }

    // As they are written: lists compare by what they hold.
    private bool IsSame(T? other) => other is not null && JsonSerializer.Serialize(other, InputType) == JsonSerializer.Serialize(Input, InputType);
}

using Microsoft.Extensions.Hosting;

namespace TfeBackup.Cli.Operations;

/// <summary>
/// The lifetime of a worker that a command starts and stops. The host's own would stop it at the first Ctrl-C, before the command has put
/// right what it interrupts.
/// </summary>
internal sealed class CommandLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

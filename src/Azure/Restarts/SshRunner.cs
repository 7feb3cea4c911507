using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Renci.SshNet;
using Renci.SshNet.Common;
using TfeBackup.Engine.Application;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Azure.Restarts;

/// <summary>
/// Runs a command on a machine by SSH (RFC 4254, 6.5), in a connection of its own. The machine has to prove that it has the key whose
/// fingerprint is configured, before anything is proven to it; the key that logs in is fetched for the connection and let go with it.
/// </summary>
/// <remarks>
/// The user's login shell on the machine runs the command, and has to be one that knows POSIX quotes. A command that takes too long is sent SIGTERM, as far as
/// the machine's SSH server does that (OpenSSH since 7.9).
/// </remarks>
internal sealed class SshRunner(SshDefinition definition, ISecretSource secrets, TimeProvider time) : ICommandRunner
{
    // What a shell answers for a program it does not find.
    private const int NotFound = 127;
    private const int KeptOutput = 64 << 10;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public string Place => $"on {definition.Host}";

    /// <inheritdoc/>
    public async Task<CommandResult> RunAsync(IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var line = $"exec {CommandLine.ForShell(command)} </dev/null";
        using var key = await GetKeyAsync(cancellationToken);
        using var client = await ConnectAsync(command, key, cancellationToken);
        using var deadline = new CancellationTokenSource(timeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var result = await ExecuteAsync(client, command, line, ending.Token);
            return result.ExitCode == NotFound
                ? throw new OperationException(
                    OperationError.InvalidConfiguration,
                    $"Cannot run '{CommandLine.Display(command)}' {Place}: the program was not found there. Put it on the PATH of {definition.User}, or use its full path.")
                : result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(
                OperationError.TimedOut, $"'{CommandLine.Display(command)}' did not finish {Place} within {timeout.TotalSeconds:0} s and was sent SIGTERM.");
        }
    }

    private async Task<PrivateKeyFile> GetKeyAsync(CancellationToken cancellationToken)
    {
        var secret = await secrets.GetAsync(definition.Key, cancellationToken);

        // The form ends with a line end, which sources of secrets may strip.
        var bytes = Encoding.UTF8.GetBytes(secret.Reveal() + "\n");
        try
        {
            using var stream = new MemoryStream(bytes);
            return new PrivateKeyFile(stream);
        }
        catch (Exception e) when (e is SshException or CryptographicException or FormatException or NotSupportedException)
        {
            // Without the cause: it is about the key.
            throw new OperationException(
                OperationError.InvalidConfiguration,
                $"The secret '{definition.Key.Name}' is not a usable private key: expected OpenSSH or PEM format, without a passphrase (ssh-keygen -t ed25519 -N '').");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private async Task<SshClient> ConnectAsync(IReadOnlyList<string> command, PrivateKeyFile key, CancellationToken cancellationToken)
    {
        var connection = new ConnectionInfo(
            definition.Host, definition.Port, definition.User, new PrivateKeyAuthenticationMethod(definition.User, key))
        { Timeout = ConnectTimeout };
        var client = new SshClient(connection);
        string? presented = null;
        client.HostKeyReceived += (_, host) =>
        {
            presented = $"SHA256:{host.FingerPrintSHA256}";
            host.CanTrust = presented == definition.HostKey;
        };
        try
        {
            await client.ConnectAsync(cancellationToken);
            return client;
        }
        catch (Exception e) when (e is SshException or SocketException or IOException)
        {
            client.Dispose();
            throw Explain(e, command, presented);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private async Task<CommandResult> ExecuteAsync(
        SshClient client, IReadOnlyList<string> command, string line, CancellationToken cancellationToken)
    {
        using var running = client.CreateCommand(line);
        try
        {
            var execution = running.ExecuteAsync(cancellationToken);
            var output = ReadTailAsync(running.OutputStream);
            var errors = ReadTailAsync(running.ExtendedOutputStream);
            await execution;
            return running.ExitStatus is { } exitCode
                ? new CommandResult(exitCode, (await output).ToString(), (await errors).ToString()) { IsCut = (await output).IsCut }
                : throw new OperationException(
                    OperationError.Unavailable,
                    $"'{CommandLine.Display(command)}' ended {Place} without an exit code{(running.ExitSignal is { Length: > 0 } signal ? $", by SIG{signal}" : "")}.");
        }
        catch (Exception e) when (e is SshException or SocketException or IOException)
        {
            throw new OperationException(
                OperationError.Unavailable, $"The connection broke while '{CommandLine.Display(command)}' ran {Place}: {e.Message}", e);
        }
    }

    private OperationException Explain(Exception e, IReadOnlyList<string> command, string? presented)
    {
        var doing = $"Cannot run '{CommandLine.Display(command)}' {Place}";
        return e switch
        {
            _ when presented is not null && presented != definition.HostKey => new OperationException(
                OperationError.Refused,
                $"{doing}: its host key is {presented}, but Restart:HostKey is {definition.HostKey}. Either the machine was reinstalled, or the connection is intercepted: compare with "
                    + "'ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub' on the machine itself.",
                e),
            SshAuthenticationException => new OperationException(
                OperationError.Refused,
                $"{doing}: it rejected {definition.User} with the key '{definition.Key.Name}'. Add its public key to that user's ~/.ssh/authorized_keys.",
                e),
            _ => new OperationException(
                OperationError.Unavailable, $"{doing}: port {definition.Port} cannot be reached, or does not speak SSH: {e.Message}", e),
        };
    }

    private static async Task<OutputTail> ReadTailAsync(Stream stream)
    {
        var tail = new OutputTail(KeptOutput);
        var buffer = new byte[16 << 10];
        for (int count; (count = await stream.ReadAsync(buffer)) > 0;)
        {
            tail.Append(buffer.AsSpan(0, count));
        }

        return tail;
    }
}

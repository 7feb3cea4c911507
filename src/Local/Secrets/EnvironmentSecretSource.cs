using System.Text.RegularExpressions;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Local.Secrets;

/// <summary>
/// Secrets from the environment: <c>production-token</c> is <c>TFEBACKUP_SECRET_PRODUCTION_TOKEN</c>. It knows no versions. Commands
/// that this project starts do not inherit these variables.
/// </summary>
public sealed partial class EnvironmentSecretSource : ISecretSource
{
    /// <summary>The prefix of the variables' names.</summary>
    public const string Prefix = "TFEBACKUP_SECRET_";

    private readonly Func<string, string?> _find;

    /// <summary>Creates the source over this process's environment.</summary>
    public EnvironmentSecretSource()
        : this(Environment.GetEnvironmentVariable)
    {
    }

    internal EnvironmentSecretSource(Func<string, string?> find) => _find = find;

    /// <inheritdoc/>
    public string Description => $"environment ({Prefix}…)";

    /// <summary>The variable that holds a secret: the name in upper case, with <c>_</c> for everything but letters and digits.</summary>
    public static string VariableOf(string name) => Prefix + Other().Replace(name.ToUpperInvariant(), "_");

    /// <inheritdoc/>
    public Task<SecretValue> GetAsync(SecretReference secret, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var variable = VariableOf(secret.Name);
        if (secret.Version is not null)
        {
            throw new OperationException(
                OperationError.NotFound,
                $"Version '{secret.Version}' of the secret '{secret.Name}' was requested, but environment variables have no versions. Keep it in a secrets file (Secrets:Kind = File).");
        }

        return _find(variable) is { Length: > 0 } value
            ? Task.FromResult(new SecretValue(secret, value))
            : throw new OperationException(OperationError.NotFound, $"The secret '{secret.Name}' is not set: expected it in the environment variable {variable}.");
    }

    [GeneratedRegex("[^A-Z0-9]", RegexOptions.CultureInvariant)]
    private static partial Regex Other();
}

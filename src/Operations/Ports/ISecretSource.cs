using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Ports;

/// <summary>
/// A source of secrets: Key Vault, a file, the environment. Activities ask at the moment of use and let go of the value
/// when they end; nothing caches it on their behalf unless the source says so, and nothing logs it.
/// </summary>
public interface ISecretSource
{
    /// <summary>The description of the source, for messages: a vault's address, a path. Never a secret.</summary>
    string Description { get; }

    /// <summary>
    /// Gets a secret: the version asked for, or the current one. Sources that know versions always say which version they
    /// return; sources that do not return a null version, and fail when asked for a particular one.
    /// </summary>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.NotFound"/>: no such secret or version, or an empty one, naming it and this source.
    /// <see cref="OperationError.InvalidConfiguration"/>: the source refuses to be read safely (a file others can read).
    /// <see cref="OperationError.Refused"/>: the source denies access.
    /// <see cref="OperationError.Unavailable"/>: it does not answer.
    /// </exception>
    Task<SecretValue> GetAsync(SecretReference secret, CancellationToken cancellationToken);
}

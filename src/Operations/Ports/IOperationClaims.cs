using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Ports;

/// <summary>
/// The claims of operations on resources. A claim belongs to an operation and not to a process: it survives crashes and restarts for as long as the
/// operation has not ended, however long nobody works on it, and is void from the moment it has, however it ended.
/// </summary>
public interface IOperationClaims
{
    /// <summary>
    /// Claims a resource, atomically with respect to everybody else who does. Claiming again what the operation has already succeeds.
    /// </summary>
    /// <returns>Null when the claim is held; otherwise the id of an operation that is in the way.</returns>
    Task<string?> TryAcquireAsync(ClaimRequest claim, CancellationToken cancellationToken);

    /// <summary>Gives a claim up before the operation ends. Giving up what is not held succeeds.</summary>
    Task ReleaseAsync(string resource, string operationId, CancellationToken cancellationToken);

    /// <summary>The operation that holds a resource exclusively, or one of those that share it; null when it is free.</summary>
    Task<string?> FindHolderAsync(string resource, CancellationToken cancellationToken);
}

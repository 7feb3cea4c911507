using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Ports;

/// <summary>
/// One installation as the workflows see it: something that yields a backup as one stream and takes one. Implementations
/// hold no state between calls and may be called by several operations at once; they fetch their token when they need it.
/// </summary>
public interface IInstallation
{
    /// <summary>The name it is configured under.</summary>
    string Name { get; }

    /// <summary>
    /// Asks whether the installation is ready. Not being ready, not answering, and answering nonsense are all answers
    /// (<see cref="InstallationStatus.Ready"/> false, with the reason), not exceptions; it answers within 30 seconds.
    /// </summary>
    /// <exception cref="OperationException">
    /// A failure that waiting does not cure: the token's secret does not exist, the certificate file cannot be read.
    /// </exception>
    Task<InstallationStatus> GetStatusAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Starts a backup and returns its content as it is produced: nothing is buffered beyond the transport's own windows.
    /// The stream reads 0 only if the source ended cleanly; anything else, a cut connection, a missing final chunk, fewer bytes than
    /// announced, a stall longer than the implementation allows, throws from the read. Disposing it early aborts the backup.
    /// </summary>
    /// <remarks>
    /// A clean end proves only that the transport was complete: the caller verifies what it stored.
    /// </remarks>
    /// <param name="password">Encrypts the backup. Not kept.</param>
    /// <param name="skipObjectStorage">Leaves the objects out; the database only.</param>
    /// <param name="cancellationToken">Ends the call early; afterwards the stream has tokens of its own.</param>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.Refused"/>: 400, 401, 403, with what the service said.
    /// <see cref="OperationError.Busy"/>: another backup or restore runs (409).
    /// <see cref="OperationError.Unavailable"/>: no connection, 429, or 5xx. <see cref="OperationError.Unsupported"/>: there is no such API (404).
    /// Reads throw <see cref="OperationError.Incomplete"/> for an unclean end or a stall.
    /// </exception>
    Task<Stream> BackupAsync(string password, bool skipObjectStorage, CancellationToken cancellationToken);

    /// <summary>
    /// Restores a backup into this installation, sending the stream as it is read. Returns once the service has confirmed
    /// that everything was applied; the application then needs a restart. All or nothing: any exception but
    /// <see cref="OperationError.Indeterminate"/> means that the target is as it was.
    /// </summary>
    /// <param name="snapshot">The backup, read once from start to end; left open. What its reads throw is passed on.</param>
    /// <param name="password">The password the backup was made with. Not kept.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the call early; the target is then as it was, or the outcome is unknown.</param>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.TargetNotEmpty"/>: it holds data and <see cref="RestoreOptions.Overwrite"/> is false.
    /// <see cref="OperationError.WrongPassword"/>, <see cref="OperationError.Corrupt"/>, <see cref="OperationError.SchemaMismatch"/>,
    /// <see cref="OperationError.Refused"/>: where the service says which; a bare 400 is <see cref="OperationError.Refused"/>.
    /// <see cref="OperationError.Busy"/>: another backup or restore runs. <see cref="OperationError.Unavailable"/>: it failed and nothing was applied.
    /// <see cref="OperationError.Indeterminate"/>: everything was sent and no answer came.
    /// </exception>
    Task RestoreAsync(Stream snapshot, string password, RestoreOptions options, CancellationToken cancellationToken);

    /// <summary>Asks what became of a restore.</summary>
    /// <param name="operationId">What it was asked with.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns><see cref="RestoreOutcome.Unknown"/> also of services that remember none.</returns>
    /// <exception cref="OperationException"><see cref="OperationError.Unavailable"/>: it does not answer now.</exception>
    Task<RestoreOutcome> FindRestoreAsync(string operationId, CancellationToken cancellationToken);
}

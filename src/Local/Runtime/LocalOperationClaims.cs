using TfeBackup.Workflows.Operations;

namespace TfeBackup.Local.Runtime;

/// <summary>Claims in the journal, beside the operations they belong to: whether one still counts is a matter of one query.</summary>
public sealed class LocalOperationClaims(Journal journal) : IOperationClaims
{
    private const string Void = """
        DELETE FROM claim WHERE resource = $resource AND NOT EXISTS (
            SELECT 1 FROM instance WHERE instance.id = claim.operation AND instance.state = 0)
        """;

    /// <inheritdoc/>
    public Task<string?> TryAcquireAsync(ClaimRequest claim, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        using var connection = journal.Connect();
        using var transaction = connection.BeginTransaction(deferred: false);
        connection.Execute(Void, ("$resource", claim.Resource));
        var holder = connection.Scalar<string>(
            "SELECT operation FROM claim WHERE resource = $resource AND operation <> $operation AND (exclusive OR $exclusive) LIMIT 1",
            ("$resource", claim.Resource), ("$operation", claim.OperationId), ("$exclusive", claim.Exclusive));
        if (holder is null)
        {
            connection.Execute(
                """
                INSERT INTO claim (resource, operation, exclusive) VALUES ($resource, $operation, $exclusive)
                ON CONFLICT DO UPDATE SET exclusive = max(exclusive, excluded.exclusive)
                """,
                ("$resource", claim.Resource), ("$operation", claim.OperationId), ("$exclusive", claim.Exclusive));
        }

        transaction.Commit();
        return Task.FromResult(holder);
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(string resource, string operationId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var connection = journal.Connect();
        connection.Execute(
            "DELETE FROM claim WHERE resource = $resource AND operation = $operation", ("$resource", resource), ("$operation", operationId));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string?> FindHolderAsync(string resource, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var connection = journal.Connect();
        return Task.FromResult(connection.Scalar<string>(
            """
            SELECT operation FROM claim JOIN instance ON instance.id = claim.operation AND instance.state = 0
            WHERE resource = $resource ORDER BY exclusive DESC, instance.number LIMIT 1
            """,
            ("$resource", resource)));
    }
}

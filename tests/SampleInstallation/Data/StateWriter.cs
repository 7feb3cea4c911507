using System.Text.Json;
using Npgsql;
using TfeBackup.SampleInstallation.Objects;

namespace TfeBackup.SampleInstallation.Data;

/// <summary>Writes states: the object first, then, in one transaction, everything that refers to it.</summary>
internal sealed class StateWriter(NpgsqlDataSource database, EncryptedObjects objects, InstallationCache cache)
{
    /// <summary>Makes a body the current state of a workspace.</summary>
    /// <returns>The information of the lock that forbids it; null when it is done.</returns>
    public async Task<string?> WriteAsync(Workspace workspace, byte[] body, string? lockId, User user, CancellationToken cancellationToken)
    {
        var (serial, lineage) = ReadHead(body);
        var objectKey = $"states/{workspace.ExternalId}/{Guid.NewGuid():N}.tfstate";
        await objects.WriteAsync(objectKey, body, cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await FindForeignLockAsync(connection, workspace, lockId, cancellationToken) is { } held)
        {
            return held;
        }

        const string insert = """
            INSERT INTO state_versions (workspace_id, number, serial, lineage, md5, size, object_key, created_by)
            SELECT id, state_version_count + 1, $2, $3::uuid, $4, $5, $6, $7 FROM workspaces WHERE id = $1 FOR UPDATE
            RETURNING id, number, serial, lineage, md5, size, object_key, created_at
            """;
        StateVersion? version = null;
        await foreach (var row in connection.Command(
            insert, workspace.Id, serial, lineage?.ToString(), ContentMd5.Compute(body), (long)body.Length, objectKey, user.Id).RowsAsync(cancellationToken))
        {
            version = InstallationCache.ReadStateVersion(row, 0);
        }

        await connection.Command("UPDATE workspaces SET current_state_version_id = $2 WHERE id = $1", workspace.Id, version!.Id).ExecuteAsync(cancellationToken);
        await Audit.WriteAsync(connection, user.Name, "state.created", $$"""{"workspace":"{{workspace.Name}}","number":{{version.Number}}}""", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        cache.Workspaces[workspace.Name] = workspace with { Current = version };
        return null;
    }

    /// <summary>Takes a workspace's current state from it; earlier states stay on record.</summary>
    /// <returns>The information of the lock that forbids it; null when it is done.</returns>
    public async Task<string?> DeleteAsync(Workspace workspace, string? lockId, User user, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await FindForeignLockAsync(connection, workspace, lockId, cancellationToken) is { } held)
        {
            return held;
        }

        await connection.Command("UPDATE workspaces SET current_state_version_id = NULL WHERE id = $1", workspace.Id).ExecuteAsync(cancellationToken);
        await Audit.WriteAsync(connection, user.Name, "state.deleted", $$"""{"workspace":"{{workspace.Name}}"}""", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        cache.Workspaces[workspace.Name] = workspace with { Current = null };
        return null;
    }

    private static async Task<string?> FindForeignLockAsync(NpgsqlConnection connection, Workspace workspace, string? lockId, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(
            "SELECT info FROM locks WHERE workspace_id = $1 AND lock_id IS DISTINCT FROM $2::text FOR SHARE", workspace.Id, lockId);
        return (string?)await command.ExecuteScalarAsync(cancellationToken);
    }

    private static (long Serial, Guid? Lineage) ReadHead(byte[] body)
    {
        using var state = JsonDocument.Parse(body);
        if (state.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("A state is a JSON object.");
        }

        var serial = state.RootElement.TryGetProperty("serial", out var number) && number.TryGetInt64(out var parsed) ? parsed : 0;
        var lineage = state.RootElement.TryGetProperty("lineage", out var text) && Guid.TryParse(text.GetString(), out var id) ? id : (Guid?)null;
        return (serial, lineage);
    }
}

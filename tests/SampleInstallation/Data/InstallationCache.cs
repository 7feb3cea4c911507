using System.Collections.Concurrent;
using System.Text.Json;
using Npgsql;

namespace TfeBackup.SampleInstallation.Data;

/// <summary>
/// Users and workspaces as this process knows them: filled at start and changed by its own writes. What is put into the
/// database behind its back, by a restore for instance, it serves after a restart.
/// </summary>
internal sealed class InstallationCache
{
    public ConcurrentDictionary<string, User> Users { get; } = new(StringComparer.OrdinalIgnoreCase);

    public ConcurrentDictionary<string, Workspace> Workspaces { get; } = new(StringComparer.Ordinal);

    public async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await foreach (var row in database.Command("SELECT id, name, role::text, password_hash FROM users").RowsAsync(cancellationToken))
        {
            Users[row.GetString(1)] = new User(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3));
        }

        const string workspaces = """
            SELECT w.id, w.external_id, w.name, w.description, w.tags, w.settings::text,
                   s.id, s.number, s.serial, s.lineage, s.md5, s.size, s.object_key, s.created_at
            FROM workspaces w LEFT JOIN state_versions s ON s.id = w.current_state_version_id
            """;
        await foreach (var row in database.Command(workspaces).RowsAsync(cancellationToken))
        {
            var current = await row.IsDBNullAsync(6, cancellationToken) ? null : ReadStateVersion(row, 6);
            var workspace = new Workspace(
                row.GetInt64(0),
                row.GetString(1),
                row.GetString(2),
                row.GetString(3),
                row.GetFieldValue<string[]>(4),
                JsonSerializer.Deserialize(row.GetString(5), Endpoints.ApiJson.Default.JsonElement),
                current);
            Workspaces[workspace.Name] = workspace;
        }
    }

    /// <summary>Reads id, number, serial, lineage, md5, size, object_key and created_at from column <paramref name="first"/> on.</summary>
    public static StateVersion ReadStateVersion(NpgsqlDataReader row, int first) =>
        new(
            row.GetInt64(first),
            row.GetInt32(first + 1),
            row.GetInt64(first + 2),
            row.IsDBNull(first + 3) ? null : row.GetGuid(first + 3),
            row.GetFieldValue<byte[]>(first + 4),
            row.GetInt64(first + 5),
            row.GetString(first + 6),
            row.GetFieldValue<DateTimeOffset>(first + 7));
}

using Npgsql;

namespace TfeBackup.SampleInstallation.Data;

/// <summary>The record of who did what.</summary>
internal static class Audit
{
    public static Task WriteAsync(NpgsqlConnection connection, string actor, string action, string detail, CancellationToken cancellationToken) =>
        connection.Command("INSERT INTO audit_events (actor, action, detail) VALUES ($1, $2, $3::jsonb)", actor, action, detail).ExecuteAsync(cancellationToken);
}

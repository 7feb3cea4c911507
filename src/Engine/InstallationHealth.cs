using Npgsql;

namespace TfeBackup.Engine;

/// <summary>Whether the parts of an installation answer: its database, its object store, its Vault.</summary>
public static class InstallationHealth
{
    /// <summary>Asks all parts at once.</summary>
    /// <param name="installation">Whose.</param>
    /// <param name="patience">How long each may take.</param>
    /// <param name="time">Measures that.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>Each part, and why it is not well; null where it is.</returns>
    public static async Task<IReadOnlyList<(string Part, string? Failure)>> CheckAsync(
        Installation installation, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(installation);
        List<Task<(string, string?)>> checks =
        [
            CheckAsync("database", CheckDatabaseAsync), CheckAsync("objectStore", installation.Objects.CheckAsync),
        ];
        if (installation.Transit is { } transit)
        {
            checks.Add(CheckAsync("vault", transit.CheckAsync));
        }

        return await Task.WhenAll(checks);

        async Task<(string, string?)> CheckAsync(string part, Func<CancellationToken, Task> check)
        {
            using var limit = new CancellationTokenSource(patience, time);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                await check(ending.Token);
                return (part, null);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return (part, $"No answer within {patience.TotalSeconds:F0} s.");
            }
            catch (Exception e) when (e is EngineException or NpgsqlException)
            {
                return (part, e.Message);
            }
        }

        async Task CheckDatabaseAsync(CancellationToken ending)
        {
            await using var command = installation.DataSource.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(ending);
        }
    }
}

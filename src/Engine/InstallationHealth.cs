using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Objects.AtRest;

namespace TfeBackup.Engine;

/// <summary>Checks that the parts of an installation answer: its database, its object store, its Vault.</summary>
public static class InstallationHealth
{
    /// <summary>Asks all parts at once.</summary>
    /// <param name="installation">Whose.</param>
    /// <param name="timeout">The timeout of each.</param>
    /// <param name="time">Measures that.</param>
    /// <param name="thorough">True to inspect every object, too, for problems that would stop a backup, and have Vault decrypt a few, within the timeout.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>Each part, and why it is not well; null where it is.</returns>
    public static async Task<IReadOnlyList<(string Part, string? Failure)>> CheckAsync(
        Installation installation, TimeSpan timeout, TimeProvider time, bool thorough, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(installation);
        List<Task<(string, string?)>> checks =
        [
            CheckAsync("database", CheckDatabaseAsync), CheckAsync("objectStore", CheckObjectsAsync),
        ];
        if (installation.Transit is { } transit)
        {
            checks.Add(CheckAsync("vault", transit.CheckAsync));
        }

        return await Task.WhenAll(checks);

        async Task<(string, string?)> CheckAsync(string part, Func<CancellationToken, Task> check)
        {
            using var limit = new CancellationTokenSource(timeout, time);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                await check(ending.Token);
                return (part, null);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return (part, $"No answer within {timeout.TotalSeconds:F0} s.");
            }
            catch (EngineException e)
            {
                return (part, e.Message);
            }
            catch (NpgsqlException e)
            {
                return (part, DatabaseErrors.Describe(e));
            }
        }

        async Task CheckObjectsAsync(CancellationToken ending)
        {
            await installation.Objects.CheckAsync(ending);
            if (thorough)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(ending);
                limit.CancelAfter(timeout / 2);
                try
                {
                    var trial = new ObjectTrial();
                    await ObjectListing.CheckAsync(installation.Objects, trial.Consider, limit.Token);
                    if (installation is { Transit: { } vault, Encryption.ObjectsEncrypted: true })
                    {
                        await trial.RunAsync(installation.Objects, vault, installation.Encryption, limit.Token);
                    }
                }
                catch (OperationCanceledException) when (!ending.IsCancellationRequested)
                {
                    // There are more than can be looked at in passing. A backup looks at all of them before it begins.
                }
            }
        }

        async Task CheckDatabaseAsync(CancellationToken ending)
        {
            await using var connection = await installation.DataSource.OpenSessionAsync(ending);
        }
    }
}

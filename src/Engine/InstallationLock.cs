using Npgsql;

namespace TfeBackup.Engine;

/// <summary>
/// Keeps operations on one installation apart, in one process or in several on different machines: backups share it, a
/// restore has it alone. It is a PostgreSQL advisory lock held by a session of its own, so it ends with the process.
/// </summary>
public sealed class InstallationLock : IAsyncDisposable
{
    // "tfebkup" in ASCII. Advisory locks are per database, which is exactly the scope wanted.
    private const long Key = 0x746665626B7570;

    private readonly NpgsqlConnection _connection;
    private readonly bool _shared;

    private InstallationLock(NpgsqlConnection connection, bool shared)
    {
        _connection = connection;
        _shared = shared;
    }

    /// <summary>Takes the lock for a backup; other backups may hold it too.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Busy"/> while a restore holds it.</exception>
    public static Task<InstallationLock> AcquireSharedAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken) =>
        AcquireAsync(dataSource, shared: true, cancellationToken);

    /// <summary>Takes the lock for a restore, alone.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Busy"/> while anything else holds it.</exception>
    public static Task<InstallationLock> AcquireExclusiveAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken) =>
        AcquireAsync(dataSource, shared: false, cancellationToken);

    /// <summary>Makes sure that the session that holds the lock is still there.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/> where the lock was lost with its session.</exception>
    public async Task EnsureHeldAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT 1", _connection);
            await command.ExecuteScalarAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw new EngineException(
                EngineError.Unavailable,
                "The database session that keeps other operations off this installation was lost, so this operation cannot go on safely. " +
                "Find out why PostgreSQL closed it (restart, failover, a killed session), then start again.",
                e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await using var command = new NpgsqlCommand(_shared ? "SELECT pg_advisory_unlock_shared($1)" : "SELECT pg_advisory_unlock($1)", _connection);
            command.Parameters.AddWithValue(Key);
            await command.ExecuteScalarAsync(CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The session is gone, and the lock with it.
        }

        await _connection.DisposeAsync();
    }

    private static async Task<InstallationLock> AcquireAsync(NpgsqlDataSource dataSource, bool shared, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await dataSource.OpenConnectionAsync(cancellationToken);
            await using var command = new NpgsqlCommand(
                shared ? "SELECT pg_try_advisory_lock_shared($1)" : "SELECT pg_try_advisory_lock($1)", connection);
            command.Parameters.AddWithValue(Key);
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
            {
                var held = new InstallationLock(connection, shared);
                connection = null;
                return held;
            }
        }
        catch (NpgsqlException e)
        {
            throw new EngineException(
                EngineError.Unavailable,
                $"PostgreSQL does not answer: {e.Message}. Check that the server runs and that the connection settings are right.",
                e);
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }

        throw new EngineException(
            EngineError.Busy,
            shared
                ? "A restore is working on this installation. A backup can start when it is over."
                : "Another backup or restore is working on this installation. A restore can start when it is over.");
    }
}

using Npgsql;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine;

/// <summary>
/// Keeps operations on one installation apart, in one process or in several on different machines: backups share it, a
/// restore has it alone. It is a PostgreSQL advisory lock held by a transaction of its own, so it ends with the process.
/// </summary>
/// <remarks>
/// A transaction's lock and not a session's: behind a pooler such as PgBouncer a session is lent out again with every transaction, and its locks with it.
/// The transaction has neither a snapshot nor an id, so it keeps vacuum from nothing.
/// </remarks>
public sealed class InstallationLock : IAsyncDisposable
{
    // "tfebkup" in ASCII. Advisory locks are per database, which is exactly the scope wanted.
    private const long Key = 0x746665626B7570;

    // Held beside the shared lock by whoever finishes an interrupted restore: one at a time, while backups without objects go on.
    private const long RecoveryKey = Key + 1;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2);

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private InstallationLock? _beneath;

    private InstallationLock(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _connection = connection;
        _transaction = transaction;
    }

    /// <summary>Takes the lock for a backup; other backups may hold it too.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Busy"/> while a restore holds it.</exception>
    public static Task<InstallationLock> AcquireSharedAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken) =>
        AcquireAsync(dataSource, shared: true, Key, cancellationToken);

    /// <summary>Takes the lock for a restore, alone.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Busy"/> while anything else holds it.</exception>
    public static Task<InstallationLock> AcquireExclusiveAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken) =>
        AcquireAsync(dataSource, shared: false, Key, cancellationToken);

    /// <summary>Takes the lock to finish an interrupted restore: excludes restores and other recoveries, but not backups.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Busy"/> while a restore, or another recovery, is at work.</exception>
    internal static async Task<InstallationLock> AcquireForRecoveryAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var shared = await AcquireSharedAsync(dataSource, cancellationToken);
        try
        {
            var held = await AcquireAsync(dataSource, shared: false, RecoveryKey, cancellationToken);
            held._beneath = shared;
            return held;
        }
        catch
        {
            await shared.DisposeAsync();
            throw;
        }
    }

    /// <summary>True if a restore has the lock now, on any node. Takes no lock itself.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/>.</exception>
    internal static async Task<bool> IsHeldByRestoreAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await dataSource.OpenSessionAsync(cancellationToken);
            return await connection.ScalarAsync(
                """
                SELECT EXISTS (
                    SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database AND d.datname = pg_catalog.current_database()
                    WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND l.mode = 'ExclusiveLock'
                      AND (l.classid::bigint << 32) | l.objid::bigint = $1)
                """,
                cancellationToken,
                Key) is true;
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.Translate(e, "checking for other operations on the installation");
        }
    }

    /// <summary>Gets the operation that has the lock now, on any node. Takes no lock itself.</summary>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    public static async Task<InstallationUse> FindUseAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenSessionAsync(cancellationToken);
        return (InstallationUse)(int)(await connection.ScalarAsync(
            """
            SELECT coalesce(max(CASE mode WHEN 'ExclusiveLock' THEN 2 ELSE 1 END), 0) FROM pg_catalog.pg_locks
            WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint IN ($1, $2)
              AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
            """,
            cancellationToken,
            Key,
            RecoveryKey))!;
    }

    /// <summary>Makes sure that the session that holds the lock is still there.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/> where the lock was lost with its session.</exception>
    public async Task EnsureHeldAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT 1", _connection);
            await command.ExecuteScalarAsync(cancellationToken);
            await (_beneath?.EnsureHeldAsync(cancellationToken) ?? Task.CompletedTask);
        }
        catch (Exception e) when (e is NpgsqlException || DatabaseErrors.IsLostConnection(e))
        {
            throw Lost(e);
        }
    }

    /// <summary>Runs something that must not outlive the lock: it is cancelled when the session that holds it is lost.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/> where the lock was lost meanwhile.</exception>
    internal async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        await EnsureHeldAsync(cancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var watching = new CancellationTokenSource();

        // It may not give its thread back for long.
        var working = Task.Run(() => work(ending.Token), CancellationToken.None);
        var watch = WatchAsync(watching.Token);
        var lost = await Task.WhenAny(working, watch) == watch;
        await (lost ? ending : watching).CancelAsync();
        await (lost ? working : watch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (lost ? watch : working);
    }

    /// <summary>Ends, by an exception, when the lock is lost: at once where its connection is closed, soon where it falls silent.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await _connection.WaitAsync(Heartbeat, cancellationToken);

                // Not to be cancelled: that would end the transaction, and the lock with it.
                await EnsureHeldAsync(CancellationToken.None);
            }
        }
        catch (Exception e) when (e is NpgsqlException || DatabaseErrors.IsLostConnection(e))
        {
            throw Lost(e);
        }
    }

    private static EngineException Lost(Exception cause) => new(
        EngineError.Unavailable,
        "The database session that locks this installation was lost, so this operation cannot continue safely. " +
        "Find out why PostgreSQL closed it (restart, failover, killed session), then start again.",
        cause);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _transaction.DisposeAsync();
        }
        catch (Exception e) when (e is NpgsqlException || DatabaseErrors.IsLostConnection(e))
        {
            // The session is gone, and the lock with it.
        }

        await _connection.DisposeAsync();
        await (_beneath?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private static async Task<InstallationLock> AcquireAsync(NpgsqlDataSource dataSource, bool shared, long key, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await dataSource.OpenSessionAsync(cancellationToken);
            var transaction = await connection.BeginTransactionAsync(cancellationToken);

            // It is idle for as long as the operation lasts, so no limit for idle or long transactions may end it (17 knows transaction_timeout).
            await using var command = new NpgsqlCommand(
                $"""
                SELECT pg_catalog.{(shared ? "pg_try_advisory_xact_lock_shared" : "pg_try_advisory_xact_lock")}($1),
                       (SELECT pg_catalog.count(pg_catalog.set_config(name, '0', true)) FROM pg_catalog.pg_settings
                        WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout'))
                """,
                connection);
            command.Parameters.AddWithValue(key);
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
            {
                var held = new InstallationLock(connection, transaction);
                connection = null;
                return held;
            }
        }
        catch (PostgresException e) when (e.MessageText.Contains("statement pooling", StringComparison.OrdinalIgnoreCase))
        {
            throw new EngineException(
                EngineError.Unsupported,
                "The connection pooler in front of PostgreSQL allows no transactions (pool_mode = statement), which are required. Set its " +
                "pool_mode to transaction or session, or connect to PostgreSQL itself.",
                e);
        }
        catch (NpgsqlException e)
        {
            throw new EngineException(
                EngineError.Unavailable,
                $"PostgreSQL does not answer: {DatabaseErrors.Describe(e)}. Check that the server runs and that the connection settings are right.",
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
                ? "A restore of this installation is in progress. Start the backup when it has ended."
                : "Another backup or restore of this installation is in progress. Start the restore when it has ended.");
    }
}

using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// One restore into one installation's database: one connection, one transaction. The tables are locked and emptied, rows
/// are taken as an <see cref="ICopySink"/>, and nothing of it can be seen by others before <see cref="CommitAsync"/>.
/// Disposing without it leaves the database as it was.
/// </summary>
/// <remarks>
/// Only ownership of the tables is needed. Foreign keys, triggers, forced row-level security and those indexes that can be
/// built again exactly are set aside; before the end all definitions are compared with what they were at the start.
/// </remarks>
internal sealed class DatabaseLoad : ICopySink, IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _connection;
    private readonly DatabaseOptions _options;
    private IReadOnlyList<EventTrigger> _eventTriggers = [];
    private LoadTarget _target = null!;
    private CopyIn _copy = null!;
    private State _state = State.Loading;
    private bool _sequencesSet;

    private DatabaseLoad(NpgsqlDataSource source, NpgsqlConnection connection, DatabaseOptions options)
    {
        _source = source;
        _connection = connection;
        _options = options;
    }

    private enum State
    {
        Loading,
        Finished,
        Committed,
        Failed,
    }

    /// <summary>The target's own schema, with its declarations of encrypted columns.</summary>
    public DatabaseSchema Schema { get; private set; } = null!;

    /// <summary>Warnings that do not stop the restore, such as event triggers that run meanwhile.</summary>
    public IReadOnlyList<string> Notes =>
        [.. _eventTriggers.Select(static trigger => $"Event trigger {trigger} runs during the restore; only a superuser can disable it."), .. _target.Notes];

    /// <summary>Checks that the backup fits and may be loaded, locks the target, and empties it within the transaction.</summary>
    /// <param name="source">The database; its role owns the installation's tables.</param>
    /// <param name="options">The part of the database, and how to read or load it.</param>
    /// <param name="backup">The backup's schema, as <see cref="DatabaseJson.ReadSchema"/> returns it.</param>
    /// <param name="overwrite">True if a target that holds data may be emptied.</param>
    /// <param name="encryptedColumns">The target's columns that are declared encrypted; goes into <see cref="Schema"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.SchemaMismatch"/> with every difference; <see cref="EngineError.TargetNotEmpty"/>;
    /// <see cref="EngineError.Busy"/> with who holds a lock; <see cref="EngineError.Unsupported"/> by name for what could not
    /// be put back; <see cref="EngineError.Unavailable"/>; <see cref="EngineError.InvalidRequest"/>.
    /// </exception>
    public static async Task<DatabaseLoad> BeginAsync(
        NpgsqlDataSource source,
        DatabaseOptions options,
        DatabaseSchema backup,
        bool overwrite,
        EncryptedColumnRule encryptedColumns,
        CancellationToken cancellationToken)
    {
        options.Validate();
        DatabaseLoad? load = null;
        try
        {
            load = new DatabaseLoad(source, await source.OpenSessionAsync(cancellationToken), options);
            await load.PrepareAsync(backup, overwrite, encryptedColumns, cancellationToken);
            return load;
        }
        catch (Exception e)
        {
            await (load?.DisposeAsync() ?? ValueTask.CompletedTask);
            if (e is NpgsqlException or EngineException)
            {
                throw DatabaseErrors.Explain(
                    e as EngineException ?? DatabaseErrors.Translate((NpgsqlException)e, "preparing the target's database"), load?._eventTriggers ?? []);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="EngineException">The target refuses a row (table, line and constraint are named, values are not), or the connection failed.</exception>
    public async ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        Require(State.Loading);
        if (!_target.Contains(table))
        {
            _state = State.Failed;
            throw new EngineException(EngineError.Corrupt, $"The backup holds data of table {table}, which its schema does not list.");
        }

        try
        {
            await _copy.WriteAsync(table, data, cancellationToken);
        }
        catch
        {
            _state = State.Failed;
            throw;
        }
    }

    /// <summary>
    /// Sets every sequence. <c>setval</c> alone would outlive a rollback; it works here on sequences that were restarted in
    /// this transaction, which gave them new storage that a rollback throws away.
    /// </summary>
    /// <param name="states">Their states, one for each sequence of the backup's schema.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">A sequence is missing or unknown, or the target's bounds do not allow its value.</exception>
    public Task SetSequencesAsync(SequenceStates states, CancellationToken cancellationToken) =>
        GuardAsync(State.Loading, "setting the sequences", async () =>
        {
            await _copy.EndAsync();
            await _target.SetSequencesAsync(_connection, states, cancellationToken);
            _sequencesSet = true;
        });

    /// <summary>Puts back everything that was set aside, checks it, and refreshes the materialised views.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">Naming the key, index or view that the loaded rows do not fit, or what could not be put back exactly.</exception>
    public Task FinishAsync(CancellationToken cancellationToken) =>
        GuardAsync(State.Loading, "completing the target's database", async () =>
        {
            if (!_sequencesSet)
            {
                throw new InvalidOperationException("The sequences have not been set.");
            }

            await _copy.EndAsync();
            await _target.PutBackAsync(_connection, cancellationToken);
            _state = State.Finished;
        });

    /// <summary>The transaction's identifier, for <see cref="DatabaseTransactions.GetOutcomeAsync"/> after a lost connection.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<string> GetTransactionIdAsync(CancellationToken cancellationToken)
    {
        if (_state == State.Loading)
        {
            // While rows are being copied the connection takes no query.
            await GuardAsync(State.Loading, "loading the target's tables", _copy.EndAsync);
        }

        var id = "";
        await GuardAsync(_state, "asking for the transaction's identifier", async () =>
            id = ((long)(await _connection.ScalarAsync("SELECT pg_catalog.txid_current()", cancellationToken))!).ToString(CultureInfo.InvariantCulture));
        return id;
    }

    /// <summary>Commits. If the connection is lost meanwhile, asks the server for the transaction's outcome.</summary>
    /// <param name="cancellationToken">Gives up waiting; whether it committed is found out all the same.</param>
    /// <exception cref="EngineException">
    /// The transaction was rolled back, or (<see cref="EngineError.Unavailable"/>) its outcome could not be learnt: the
    /// message says which, and <see cref="DatabaseTransactions.GetOutcomeAsync"/> tells once the server answers again.
    /// </exception>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        Require(State.Finished);

        // This also makes sure that the transaction lives: COMMIT of a failed one rolls back without an error.
        var id = await GetTransactionIdAsync(cancellationToken);

        // What follows the commit relies on it: it must not be lost with the server's memory because a role or a database says so.
        await GuardAsync(State.Finished, "preparing the commit", () => _connection.ScalarAsync(
            "SELECT pg_catalog.set_config('synchronous_commit', 'on', true) WHERE pg_catalog.current_setting('synchronous_commit') = 'off'", cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await _connection.ExecuteAsync("COMMIT", cancellationToken);
            _state = State.Committed;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException || DatabaseErrors.IsLostConnection(e))
        {
            _state = State.Failed;
            var outcome = await ResolveOutcomeAsync(id);
            if (outcome == TransactionOutcome.Committed)
            {
                _state = State.Committed;
                return;
            }

            throw outcome == TransactionOutcome.Aborted
                ? new EngineException(
                    EngineError.Unavailable, "The restore's transaction was rolled back during its commit; the target is unchanged. Try again.", e)
                : new EngineException(
                    EngineError.Unavailable,
                    $"The connection was lost during the restore's commit, and the outcome of transaction {id} is not known yet. Keep the application stopped until the server answers.",
                    e);
        }
    }

    /// <summary>Rolls back unless committed, and gives the connection back. A COPY that is under way is broken off, not completed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_copy is not null)
        {
            await _copy.AbortAsync();
        }

        if (_state != State.Committed && _connection.State == System.Data.ConnectionState.Open)
        {
            _state = State.Failed;
            try
            {
                await _connection.ExecuteAsync("ROLLBACK", CancellationToken.None);
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
            {
                // The connection is gone, and with it the transaction.
            }
        }

        await _connection.DisposeAsync();
    }

    private async Task PrepareAsync(DatabaseSchema backup, bool overwrite, EncryptedColumnRule encryptedColumns, CancellationToken cancellationToken)
    {
        var server = await ServerInfo.ReadAsync(_connection, cancellationToken);
        _eventTriggers = await EventTrigger.ReadAsync(_connection, cancellationToken);
        await _connection.ExecuteAsync("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", cancellationToken);
        var searchPath = await SessionSettings.PinAsync(_connection, _options.LockTimeout, cancellationToken);
        _target = await LoadTarget.LockAsync(_source, _connection, server, _options, backup, searchPath, cancellationToken);
        Schema = await _target.CompareAsync(_connection, encryptedColumns, cancellationToken);
        await _target.SetAsideAsync(_connection, overwrite, cancellationToken);

        // With another encoding the server converts what it reads; that the two ways do so alike is not worth relying on.
        var isUtf8 = _connection.PostgresParameters.GetValueOrDefault("server_encoding") == "UTF8";
        _copy = new CopyIn(
            _connection,
            _target.Frozen,
            _target.Routes,
            isUtf8 ? backup.Types : null,
            PrepareForManyAsync);
    }

    private async Task PrepareForManyAsync(TableSchema table, bool isEmpty, CancellationToken cancellationToken)
    {
        try
        {
            await _target.PrepareForManyAsync(_connection, table, isEmpty, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.Explain(DatabaseErrors.Translate(e, $"preparing table {table} for its rows"), _eventTriggers);
        }
    }

    private async Task<TransactionOutcome> ResolveOutcomeAsync(string id)
    {
        // Long enough for a server that died at this very moment to be there again.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            while (true)
            {
                try
                {
                    var outcome = await DatabaseTransactions.GetOutcomeAsync(_source, id, deadline.Token);
                    if (outcome != TransactionOutcome.InProgress)
                    {
                        return outcome;
                    }
                }
                catch (EngineException)
                {
                    // It does not answer yet.
                }

                await Task.Delay(TimeSpan.FromMilliseconds(200), deadline.Token);
            }
        }
        catch (OperationCanceledException)
        {
            return TransactionOutcome.Unknown;
        }
    }

    private async Task GuardAsync(State required, string doing, Func<Task> action)
    {
        Require(required);
        try
        {
            await action();
        }
        catch (NpgsqlException e)
        {
            _state = State.Failed;
            throw DatabaseErrors.Explain(DatabaseErrors.TranslateForRows(e, doing), _eventTriggers);
        }
        catch (EngineException e)
        {
            _state = State.Failed;
            throw DatabaseErrors.Explain(e, _eventTriggers);
        }
        catch (Exception e) when (DatabaseErrors.IsLostConnection(e))
        {
            _state = State.Failed;
            throw DatabaseErrors.LostConnection(e, doing);
        }
        catch
        {
            _state = State.Failed;
            throw;
        }
    }

    private void Require(State required)
    {
        if (_state == State.Failed)
        {
            throw new InvalidOperationException("The load has failed; it can only be disposed.");
        }

        if (_state != required)
        {
            throw new InvalidOperationException($"The load is {_state}, not {required}.");
        }
    }
}

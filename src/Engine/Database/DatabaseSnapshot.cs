using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// One installation's database at one moment, held open for reading. All connections share one exported snapshot in
/// <c>REPEATABLE READ, READ ONLY</c> transactions and hold <c>ACCESS SHARE</c> locks on every table.
/// </summary>
/// <remarks>
/// The locks are taken before the snapshot: <c>TRUNCATE</c> and rewriting <c>ALTER TABLE</c> do not respect older
/// snapshots, so one that commits between snapshot and lock would empty a table unnoticed. And every connection takes
/// them at once: one that came later would queue behind a waiting <c>ALTER TABLE</c>, which in turn waits for us.
/// </remarks>
internal sealed class DatabaseSnapshot : IAsyncDisposable
{
    private const int Attempts = 5;

    private readonly List<NpgsqlConnection> _connections = [];
    private readonly DatabaseOptions _options;
    private CoveredRelations _relations = null!;
    private ServerInfo _server = null!;
    private SequenceStates _sequences = null!;
    private string _searchPath = "";
    private IReadOnlyDictionary<uint, TableSize>? _sizes;
    private readonly Dictionary<uint, CopyProgress> _progress = [];
    private bool _copied;

    private DatabaseSnapshot(DatabaseOptions options)
    {
        _options = options;
    }

    /// <summary>The schema of the snapshot.</summary>
    public DatabaseSchema Schema { get; private set; } = null!;

    /// <summary>Takes a snapshot, and checks everything that can be checked before the first byte.</summary>
    /// <param name="source">The database; its role needs to be able to read the installation's tables, no more.</param>
    /// <param name="options">The part of the database, and how to read or load it.</param>
    /// <param name="encryptedColumns">The columns that are declared encrypted; goes into <see cref="Schema"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Unsupported"/> by name for what cannot be carried or not be read completely;
    /// <see cref="EngineError.Busy"/> with who holds a lock; <see cref="EngineError.Unavailable"/> when the server does not
    /// answer or has no free connections; <see cref="EngineError.InvalidRequest"/> for a wrong setting.
    /// </exception>
    public static async Task<DatabaseSnapshot> OpenAsync(
        NpgsqlDataSource source, DatabaseOptions options, EncryptedColumnRule encryptedColumns, CancellationToken cancellationToken)
    {
        options.Validate();
        var snapshot = new DatabaseSnapshot(options);
        try
        {
            for (var attempt = 1; !await snapshot.TryOpenAsync(source, encryptedColumns, cancellationToken); attempt++)
            {
                if (attempt == Attempts)
                {
                    throw new EngineException(
                        EngineError.Busy, "Tables of the installation were created or dropped each time a snapshot was taken. Back up when no migration runs.");
                }

                await snapshot.DisposeAsync();
            }

            return snapshot;
        }
        catch (NpgsqlException e)
        {
            await snapshot.DisposeAsync();
            throw DatabaseErrors.Translate(e, "taking a snapshot of the installation's database");
        }
        catch
        {
            await snapshot.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Copies every table out, once. Large tables are read by several connections side by side; each connection writes to a
    /// sink of its own. A table without rows is handed on as one empty write.
    /// </summary>
    /// <param name="newSink">Makes a sink; called once a connection.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">Naming the table that could not be read.</exception>
    public async Task CopyTablesAsync(Func<ICopySink> newSink, CancellationToken cancellationToken)
    {
        if (_copied)
        {
            throw new InvalidOperationException("The tables of a snapshot are copied once.");
        }

        _copied = true;
        var plans = new List<CopyPlan>();
        try
        {
            // What calls people's functions comes last, when the tables these may read have been loaded.
            var sizes = await ReadSizesAsync(cancellationToken);
            var calling = await UserFunctions.CallingTablesAsync(_connections[0], cancellationToken);
            foreach (var tables in _relations.Tables.Zip(Schema.Tables).ToLookup(table => calling.Contains(table.First.Oid)).OrderBy(static tables => tables.Key))
            {
                plans.Add(CopyPlan.Create(
                    _server, [.. tables.Select(static table => table.First)], [.. tables.Select(static table => table.Second)], sizes, _options.RangeBytes));
            }
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.Translate(e, "asking for the sizes of the tables");
        }

        var sinks = _connections.ToDictionary(static connection => connection, _ => newSink());
        foreach (var plan in plans)
        {
            await OnEachConnectionAsync(
                (connection, stop) => new CopyWorker(connection, plan, sinks[connection], _options.BlockBytes).RunAsync(stop), cancellationToken);
            foreach (var (table, progress) in plan.Progress)
            {
                _progress[table] = progress;
            }
        }
    }

    /// <summary>
    /// Finds the constraints that rows of the snapshot break although the database says that they hold: foreign keys, checks,
    /// <c>NOT NULL</c> and <c>UNIQUE</c>. A restore could not put them back.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Their names, as <c>schema.table.constraint</c>, and those of constraints that could not be checked.</returns>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/>: the connection failed.</exception>
    public async Task<(IReadOnlyList<string> Broken, IReadOnlyList<string> Unchecked)> FindBrokenAsync(CancellationToken cancellationToken)
    {
        try
        {
            var rules = await SourceRules.ReadAsync(
                _connections[0],
                _relations,
                await ReadSizesAsync(cancellationToken),
                table => _progress.TryGetValue(table.Oid, out var progress) ? progress.Rows : null,
                cancellationToken);
            await OnEachConnectionAsync((connection, stop) => rules.RunAsync(connection, _searchPath, stop), cancellationToken);
            return (rules.Broken, rules.Unchecked);
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.TranslateForRows(e, "checking the constraints of the installation's tables");
        }
    }

    /// <summary>
    /// Finds a ciphertext of Vault's in each column declared encrypted that has one, alone in its value, among the first rows of its table.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<IReadOnlyList<SampleCiphertext>> FindCiphertextsAsync(CancellationToken cancellationToken)
    {
        var samples = new List<SampleCiphertext>();
        try
        {
            foreach (var table in Schema.Tables)
            {
                foreach (var column in table.Columns.Where(static column => column.TransitKey is not null))
                {
                    var found = await _connections[0].ScalarAsync(
                        $"""
                        SELECT s.v FROM (SELECT {SqlName.Quote(column.Name)}::text AS v FROM ONLY {SqlName.Quote(table.Schema)}.{SqlName.Quote(table.Name)} LIMIT 100) s
                        WHERE s.v OPERATOR(pg_catalog.~) '^vault:v[0-9]+:[A-Za-z0-9+/=]+$' LIMIT 1
                        """,
                        cancellationToken);
                    if (found is string ciphertext)
                    {
                        samples.Add(new SampleCiphertext($"{table}.{column.Name}", column.TransitKey!, ciphertext));
                    }
                }
            }

            return samples;
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.TranslateForRows(e, "looking into the columns that Vault encrypts");
        }
    }

    // Sizes are not part of the snapshot; they are read after it, so every row of it lies within them.
    private async Task<IReadOnlyDictionary<uint, TableSize>> ReadSizesAsync(CancellationToken cancellationToken) =>
        _sizes ??= await TableSize.ReadAsync(_connections[0], _relations.Tables, cancellationToken);

    private async Task OnEachConnectionAsync(Func<NpgsqlConnection, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var workers = _connections.Select(connection => Task.Run(async () =>
        {
            try
            {
                await work(connection, stop.Token);
            }
            catch
            {
                // The first failure is the cause; the others need not read on for nothing.
                await stop.CancelAsync();
                throw;
            }
        })).ToArray();
        await WhenAllAsync(workers, cancellationToken);
    }

    /// <summary>
    /// The states of the sequences. Sequences do not follow snapshots: they are read right after it was taken, so that each is
    /// at least as far as any row of the snapshot made it go.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<SequenceStates> ReadSequencesAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_sequences);
    }

    /// <summary>Ends the transactions and gives the connections back.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            try
            {
                // Giving a connection back rolls its transaction back; it only read.
                await connection.DisposeAsync();
            }
            catch (NpgsqlException)
            {
                // The server ended the session; nothing is held there any more.
            }
        }

        _connections.Clear();
    }

    private static async Task WhenAllAsync(Task[] workers, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(workers);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var cause = workers.Where(static worker => worker.IsFaulted).Select(static worker => worker.Exception!.InnerException!)
                .FirstOrDefault(static e => e is not OperationCanceledException);
            if (cause is null)
            {
                throw;
            }

            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
        }
    }

    /// <summary>Opens everything; false if the tables changed between listing and locking them.</summary>
    private async Task<bool> TryOpenAsync(NpgsqlDataSource source, EncryptedColumnRule encryptedColumns, CancellationToken cancellationToken)
    {
        var leader = await ConnectAsync(source, cancellationToken);
        _server = await ServerInfo.ReadAsync(leader, cancellationToken);
        var before = await CoveredRelations.ReadAsync(leader, _options, [], cancellationToken);
        await before.RequireCompleteAsync(leader, _options.Excluded.Contains(DatabaseOptions.LargeObjects, StringComparer.Ordinal), cancellationToken);
        before.RequireReadable();
        var toLock = before.Lockable.Where(static relation => relation.IsReadable).ToArray();
        try
        {
            await BeginAsync(source, leader, toLock, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }

        var snapshot = (string)(await leader.ScalarAsync("SELECT pg_catalog.pg_export_snapshot()", cancellationToken))!;
        _searchPath = await SessionSettings.PinAsync(leader, _options.LockTimeout, cancellationToken);
        _relations = await CoveredRelations.ReadAsync(leader, _options, [], cancellationToken);
        if (!_relations.Lockable.Select(static r => (r.Oid, r.ToString())).SequenceEqual(before.Lockable.Select(static r => (r.Oid, r.ToString()))))
        {
            return false;
        }

        await _relations.RequireCompleteAsync(leader, _options.Excluded.Contains(DatabaseOptions.LargeObjects, StringComparer.Ordinal), cancellationToken);
        _relations.RequireReadable();
        while (_connections.Count < _options.Connections)
        {
            var worker = await ConnectAsync(source, cancellationToken);
            await BeginAsync(source, worker, toLock, cancellationToken);
            await worker.ExecuteAsync($"SET TRANSACTION SNAPSHOT {SqlText.Literal(snapshot)}", cancellationToken);
            await SessionSettings.PinAsync(worker, _options.LockTimeout, cancellationToken);
        }

        Schema = await SchemaReader.ReadAsync(leader, _server, _relations, encryptedColumns, cancellationToken);
        _sequences = await SequenceReader.ReadAsync(leader, _relations.Sequences, cancellationToken);
        return true;
    }

    private async Task<NpgsqlConnection> ConnectAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var connection = await source.OpenSessionAsync(cancellationToken);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>Begins a transaction and takes the locks, without any statement that would already need a snapshot.</summary>
    private async Task BeginAsync(NpgsqlDataSource source, NpgsqlConnection connection, Relation[] toLock, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", cancellationToken);
        await SessionSettings.SetLockTimeoutAsync(connection, _options.LockTimeout, cancellationToken);
        await TableLocks.TakeAsync(source, connection, toLock, exclusive: false, _options.LockTimeout, cancellationToken);
    }
}

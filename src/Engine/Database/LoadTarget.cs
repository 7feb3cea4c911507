using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>The target of a load: its relations, and the steps that prepare and complete it.</summary>
internal sealed class LoadTarget
{
    private readonly NpgsqlDataSource _source;
    private readonly ServerInfo _server;
    private readonly DatabaseOptions _options;
    private readonly DatabaseSchema _backup;
    private readonly CoveredRelations _relations;
    private readonly MaterializedViews _views;
    private readonly string _searchPath;
    private readonly HashSet<(string, string)> _tables;
    private DefinitionRecord _definitions = null!;
    private ForeignKeys _foreignKeys = null!;
    private UserTriggers _triggers = null!;
    private SecondaryIndexes _indexes = null!;
    private Checks _checks = null!;
    private DerivedValues _derived = null!;
    private UserFunctions _functions = null!;
    private IReadOnlyDictionary<uint, string> _notValid = new Dictionary<uint, string>();
    private HashSet<(string Schema, string Name)> _untouched = [];
    private Relation[] _forced = [];

    private LoadTarget(
        NpgsqlDataSource source,
        ServerInfo server,
        DatabaseOptions options,
        DatabaseSchema backup,
        CoveredRelations relations,
        MaterializedViews views,
        string searchPath)
    {
        _source = source;
        _server = server;
        _options = options;
        _backup = backup;
        _relations = relations;
        _views = views;
        _searchPath = searchPath;
        _tables = backup.Tables.Select(static table => (table.Schema, table.Name)).ToHashSet();
    }

    /// <summary>The tables whose rows can be written frozen, as new storage was made for them.</summary>
    public HashSet<(string Schema, string Name)> Frozen { get; } = [];

    /// <summary>The partitions whose rows are loaded into their partitioned table.</summary>
    public IReadOnlyDictionary<(string Schema, string Name), string> Routes { get; private set; } = new Dictionary<(string, string), string>();

    /// <summary>Warnings that do not stop the restore.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Locks everything a restore changes, in the order of names, so that two of them never wait for each other.</summary>
    public static async Task<LoadTarget> LockAsync(
        NpgsqlDataSource source,
        NpgsqlConnection connection,
        ServerInfo server,
        DatabaseOptions options,
        DatabaseSchema backup,
        string searchPath,
        CancellationToken cancellationToken)
    {
        var before = await CoveredRelations.ReadAsync(connection, options, backup.Excluded, cancellationToken);
        before.RequireOwned();
        await TableLocks.TakeAsync(source, connection, [.. before.Lockable], exclusive: true, options.LockTimeout, cancellationToken);

        // Tables made meanwhile are found by reading again; the comparison with the backup refuses them.
        var relations = await CoveredRelations.ReadAsync(connection, options, backup.Excluded, cancellationToken);
        await relations.RequireFillableAsync(connection, cancellationToken);
        relations.RequireOwned();
        foreach (var sequences in relations.Sequences.Chunk(SqlCommands.AtOnce))
        {
            await TableLocks.ExecuteAsync(
                source,
                connection,
                string.Join("; ", sequences.Select(static sequence => $"ALTER SEQUENCE {sequence.QuotedName} RESTART")),
                sequences,
                exclusive: true,
                options.LockTimeout,
                cancellationToken);
        }

        var views = await MaterializedViews.ReadAsync(connection, relations, backup, cancellationToken);
        return new LoadTarget(source, server, options, backup, relations, views, searchPath)
        {
            _definitions = await DefinitionRecord.TakeAsync(connection, relations, cancellationToken),
        };
    }

    /// <summary>True if the backup's schema lists this table.</summary>
    public bool Contains(TableSchema table) => _tables.Contains((table.Schema, table.Name));

    /// <summary>Compares the target with the backup and returns its schema.</summary>
    public async Task<DatabaseSchema> CompareAsync(NpgsqlConnection connection, EncryptedColumnRule encryptedColumns, CancellationToken cancellationToken)
    {
        var schema = await SchemaReader.ReadAsync(connection, _server, _relations, encryptedColumns, cancellationToken);
        SchemaComparison.Require(_backup, schema);
        return schema;
    }

    /// <summary>Empties the tables and sets aside everything that prevents loading.</summary>
    public async Task SetAsideAsync(NpgsqlConnection connection, bool overwrite, CancellationToken cancellationToken)
    {
        _foreignKeys = await ForeignKeys.ReadAsync(connection, _relations, cancellationToken);
        _triggers = await UserTriggers.ReadAsync(connection, _server, _relations, cancellationToken);
        _indexes = await SecondaryIndexes.ReadAsync(connection, _relations, cancellationToken);
        _notValid = await NotValidConstraints.FindAsync(connection, _relations, _options.NotValid, cancellationToken);
        _checks = await Checks.ReadAsync(connection, _relations, _notValid.Keys.ToHashSet(), cancellationToken);
        _derived = await DerivedValues.ReadAsync(connection, _relations, cancellationToken);
        _functions = await UserFunctions.ReadAsync(connection, _server, _relations, cancellationToken);
        Routes = await PartitionRoutes.ReadAsync(connection, _relations, cancellationToken);

        // Only an owner's rows are subject to FORCE; without it an owner sees and writes everything.
        _forced = [.. _relations.Lockable.Where(static table => table.ForcesRowSecurity)];
        await connection.ExecuteAllAsync(
            _forced.Select(static table => $"ALTER TABLE ONLY {table.QuotedName} NO FORCE ROW LEVEL SECURITY"), cancellationToken);
        if (!overwrite)
        {
            await RequireEmptyAsync(connection, cancellationToken);
        }

        if (!_views.IsEmpty)
        {
            await TableLocks.ExecuteAsync(
                _source, connection, _views.EmptyStatement(), _relations.MaterializedViews, exclusive: true, _options.LockTimeout, cancellationToken);
        }

        await _foreignKeys.SetAsideAsync(connection, cancellationToken);
        await _triggers.SetAsideAsync(connection, cancellationToken);
        var (truncated, untouched) = await TableContents.EmptyAsync(connection, _relations.Tables, cancellationToken);
        Frozen.UnionWith(truncated.Where(static table => table.IsHeap).Select(static table => (table.Schema, table.Name)));
        _untouched = untouched.Select(static table => (table.Schema, table.Name)).ToHashSet();

        // What people's functions in checks, defaults and generated columns find must be what they find for the application.
        await SessionSettings.SetSearchPathAsync(connection, _searchPath, cancellationToken);
        await _checks.SetAsideAsync(connection, cancellationToken);
    }

    /// <summary>Makes a table ready for many rows, which are worth what a few are not: new storage, and indexes that are built at the end.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="table">The table.</param>
    /// <param name="isEmpty">Whether none of its rows has been written.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task PrepareForManyAsync(NpgsqlConnection connection, TableSchema table, bool isEmpty, CancellationToken cancellationToken)
    {
        await _indexes.SetAsideAsync(connection, table, cancellationToken);
        if (isEmpty && _untouched.Remove((table.Schema, table.Name)))
        {
            await connection.ExecuteAsync($"TRUNCATE TABLE ONLY {table.QuotedName}", cancellationToken);
            Frozen.Add((table.Schema, table.Name));
        }
    }

    /// <summary>Sets the sequences, all of which were restarted before.</summary>
    public async Task SetSequencesAsync(NpgsqlConnection connection, SequenceStates states, CancellationToken cancellationToken)
    {
        var known = _backup.Sequences.Select(static sequence => (sequence.Schema, sequence.Name)).ToHashSet();
        if (states.Sequences.FirstOrDefault(state => !known.Remove((state.Schema, state.Name))) is { } unknown)
        {
            throw new EngineException(EngineError.Corrupt, $"The backup sets sequence {unknown.Schema}.{unknown.Name}, which its schema does not list.");
        }

        if (known.Count > 0)
        {
            throw new EngineException(
                EngineError.Corrupt,
                $"The backup has no values for these sequences: {SchemaComparison.Join([.. known.Select(static name => $"{name.Schema}.{name.Name}")])}.");
        }

        string[] names = [.. states.Sequences.Select(static state => $"{SqlName.Quote(state.Schema)}.{SqlName.Quote(state.Name)}")];
        long[] values = [.. states.Sequences.Select(static state => state.LastValue)];
        const string sequences = "ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::bigint[])) WITH ORDINALITY AS s(name, value, number)";
        var outside = await connection.QueryAsync(
            $"""
            SELECT s.number FROM {sequences} JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.name::pg_catalog.regclass
            WHERE s.value NOT BETWEEN q.seqmin AND q.seqmax ORDER BY s.number LIMIT 1
            """,
            static row => (int)row.GetInt64(0) - 1,
            cancellationToken,
            names,
            values);
        if (outside.Count > 0)
        {
            var state = states.Sequences[outside[0]];
            throw new EngineException(
                EngineError.SchemaMismatch,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Sequence {state.Schema}.{state.Name} is at {state.LastValue} in the backup, outside its bounds in the target; give it the source's MINVALUE and MAXVALUE."));
        }

        await connection.ScalarAsync(
            $"SELECT pg_catalog.count(pg_catalog.setval(s.name::pg_catalog.regclass, s.value, ($3::boolean[])[s.number])) FROM {sequences}",
            cancellationToken,
            names,
            values,
            states.Sequences.Select(static state => state.IsCalled).ToArray());
    }

    /// <summary>Puts everything back, proves that it is unchanged, and fills what is derived from the rows.</summary>
    public async Task PutBackAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Whatever was deferred to the commit fails now, where its cause can still be told from a lost connection.
        await connection.ExecuteAsync("SET CONSTRAINTS ALL IMMEDIATE", cancellationToken);
        await _functions.PinAsync(connection, cancellationToken);
        await _derived.UpdateAsync(connection, cancellationToken);
        await SessionSettings.SetSearchPathAsync(connection, "", cancellationToken);
        await _indexes.PutBackAsync(connection, cancellationToken);
        await SessionSettings.SetSearchPathAsync(connection, _searchPath, cancellationToken);
        Notes.AddRange(await _derived.ReindexAsync(connection, cancellationToken));

        // Statistics first: checking a foreign key joins two tables, and nothing is known about either yet.
        await AnalyzeAsync(connection, cancellationToken);
        await SessionSettings.SetSearchPathAsync(connection, "", cancellationToken);
        List<string> broken = [.. await _foreignKeys.PutBackAsync(connection, _notValid.Keys.ToHashSet(), cancellationToken)];
        await _checks.PutBackAsync(connection, cancellationToken);
        await _triggers.PutBackAsync(connection, cancellationToken);
        await connection.ExecuteAllAsync(_forced.Select(static table => $"ALTER TABLE ONLY {table.QuotedName} FORCE ROW LEVEL SECURITY"), cancellationToken);

        // A view over a table with policies shows its owner what it always shows it; and so do people's functions.
        await SessionSettings.SetSearchPathAsync(connection, _searchPath, cancellationToken);
        await connection.ExecuteAsync("SET LOCAL row_security = on", cancellationToken);
        await _views.RefreshAsync(connection, cancellationToken);
        broken.AddRange(await _checks.ValidateAsync(connection, cancellationToken));
        if (broken.Count > 0)
        {
            throw new EngineException(
                EngineError.SchemaMismatch,
                $"Rows of the backup break constraints of the target: {SchemaComparison.Join(broken)}. {NotValidConstraints.Hint(broken)}");
        }

        await _functions.ResetAsync(connection, cancellationToken);
        await SessionSettings.SetSearchPathAsync(connection, "", cancellationToken);
        (await DefinitionRecord.TakeAsync(connection, _relations, cancellationToken)).RequireSame(_definitions, [.. _notValid.Values]);
    }

    /// <summary>Gathers statistics. The rows are complete without them, so a failure is reported and left to the server's own maintenance.</summary>
    private async Task AnalyzeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tables = _relations.Lockable.Where(static table => !table.IsPartition).ToArray();
        var holding = (await connection.QueryAsync(
            """
            SELECT t.oid FROM pg_catalog.unnest($1::oid[]) AS t(oid) JOIN pg_catalog.pg_class c ON c.oid = t.oid
            WHERE c.relkind = 'p' OR pg_catalog.pg_relation_size(t.oid) > 0
            """,
            static row => row.GetFieldValue<uint>(0),
            cancellationToken,
            CoveredRelations.Oids(tables))).ToHashSet();
        foreach (var some in tables.Where(table => holding.Contains(table.Oid)).Chunk(SqlCommands.AtOnce))
        {
            if (await connection.TryAsync($"ANALYZE {string.Join(", ", some.Select(static table => table.QuotedName))}", cancellationToken) is null)
            {
                continue;
            }

            foreach (var table in some)
            {
                if (await connection.TryAsync($"ANALYZE {table.QuotedName}", cancellationToken) is { } error)
                {
                    Notes.Add($"{DatabaseErrors.TranslateForRows(error, $"gathering statistics of {table}").Message} The restore continues without them; fix the cause and run ANALYZE.");
                }
            }
        }
    }

    private async Task RequireEmptyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var holding = await TableContents.HoldingDataAsync(connection, _relations, cancellationToken);
        if (holding.Count > 0)
        {
            throw new EngineException(
                EngineError.TargetNotEmpty,
                $"The target holds data: it has rows in {SchemaComparison.Join([.. holding.Select(static table => table.ToString())])}. Restore into a new installation, or set \"overwrite\" to true to replace its data.");
        }
    }
}

using TfeBackup.Engine.Database;
using TfeBackup.TestSupport.Postgres;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>A database's backup in memory, for small databases.</summary>
internal sealed record RecordedBackup
{
    private readonly Lock _lock = new();

    public required byte[] SchemaJson { get; init; }

    public required byte[] SequencesJson { get; set; }

    /// <summary>The blocks as they were handed on, with the sink that took them.</summary>
    public List<(int Sink, string Table, byte[] Data)> Blocks { get; } = [];

    public int Sinks { get; private set; }

    public DatabaseSchema Schema => DatabaseJson.ReadSchema(SchemaJson);

    public SequenceStates Sequences => DatabaseJson.ReadSequences(SequencesJson);

    public static async Task<RecordedBackup> TakeAsync(PostgresDatabase database, DatabaseOptions options, EncryptedColumnRule? rule = null)
    {
        await using var snapshot = await DatabaseSnapshot.OpenAsync(database.DataSource, options, rule ?? NoneEncrypted, CancellationToken.None);
        var backup = new RecordedBackup { SchemaJson = DatabaseJson.Write(snapshot.Schema), SequencesJson = [] };
        await snapshot.CopyTablesAsync(backup.NewSink, CancellationToken.None);
        backup.SequencesJson = DatabaseJson.Write(await snapshot.ReadSequencesAsync(CancellationToken.None));
        return backup;
    }

    public static string? NoneEncrypted(string schema, string table, string column) => null;

    /// <summary>Restores it completely.</summary>
    public async Task RestoreAsync(PostgresDatabase database, DatabaseOptions options, bool overwrite = false)
    {
        await using var load = await BeginAsync(database, options, overwrite);
        await WriteAsync(load);
        await load.SetSequencesAsync(Sequences, CancellationToken.None);
        await load.FinishAsync(CancellationToken.None);
        await load.CommitAsync(CancellationToken.None);
    }

    public Task<DatabaseLoad> BeginAsync(PostgresDatabase database, DatabaseOptions options, bool overwrite = false) =>
        DatabaseLoad.BeginAsync(database.DataSource, options, Schema, overwrite, NoneEncrypted, CancellationToken.None);

    public async Task WriteAsync(ICopySink load)
    {
        var tables = Schema.Tables.ToDictionary(static table => table.ToString());
        foreach (var (_, table, data) in Blocks)
        {
            await load.WriteAsync(tables[table], data, CancellationToken.None);
        }
    }

    public ICopySink NewSink()
    {
        lock (_lock)
        {
            return new Sink(this, Sinks++);
        }
    }

    private sealed class Sink(RecordedBackup backup, int number) : ICopySink
    {
        public ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            lock (backup._lock)
            {
                backup.Blocks.Add((number, table.ToString(), data.ToArray()));
            }

            return ValueTask.CompletedTask;
        }
    }
}

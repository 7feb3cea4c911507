using TfeBackup.Engine.Database;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>Alone, because it measures what the process allocates.</summary>
[CollectionDefinition(nameof(LargeValueTests), DisableParallelization = true)]
[Collection(nameof(LargeValueTests))]
public sealed class LargeValueTests
{
    [Fact]
    public async Task A_value_of_300_MB_passes_through_in_constant_memory()
    {
        const string table = "CREATE TABLE t (id integer PRIMARY KEY, v text); ALTER TABLE t ALTER v SET STORAGE EXTERNAL; ";
        await using var old = await (await PostgresServer.SharedAsync(15)).CreateDatabaseAsync();
        await using var target = await (await PostgresServer.SharedAsync(18)).CreateDatabaseAsync();
        await old.ExecuteAsync(table + "INSERT INTO t VALUES (1, 'before'), (2, repeat(E'0123456789 back\\\\slash, tab\\t, line\\n and more text', 6500000)), (3, 'after')");
        await target.ExecuteAsync(table);
        const string digest = "SELECT string_agg(concat_ws(' ', id, length(v), md5(v)), ', ' ORDER BY id) FROM t";
        var expected = await old.QueryAsync<string>(digest);
        Assert.Contains("2 3", expected, StringComparison.Ordinal);

        await using var snapshot = await old.SnapshotAsync(Databases.Options with { Connections = 1 });
        await using var load = await DatabaseLoad.BeginAsync(target.DataSource, Databases.Options, snapshot.Schema, overwrite: false, RecordedBackup.NoneEncrypted, CancellationToken.None);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await snapshot.CopyTablesAsync(() => load, CancellationToken.None);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        await load.SetSequencesAsync(await snapshot.ReadSequencesAsync(CancellationToken.None), CancellationToken.None);
        await load.FinishAsync(CancellationToken.None);
        await load.CommitAsync(CancellationToken.None);

        // Not even in total does it come near the value's size.
        Assert.InRange(allocated, 0, 100 << 20);
        Assert.Equal(expected, await target.QueryAsync<string>(digest));
    }
}

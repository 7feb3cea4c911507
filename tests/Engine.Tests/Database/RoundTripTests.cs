using TfeBackup.Engine.Database;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

public sealed class RoundTripTests
{
    private static readonly DatabaseOptions Options = new() { Schemas = InstallationSql.Schemas };

    [Theory]
    [InlineData(15, 18)]
    [InlineData(18, 15)]
    [InlineData(12, 18)]
    [InlineData(12, 12)]
    [InlineData(18, 18)]
    public async Task Everything_survives_a_restore_into_another_version(int from, int to)
    {
        await using var old = await (await PostgresServer.SharedAsync(from)).CreateDatabaseAsync("old");
        await using var @new = await (await PostgresServer.SharedAsync(to)).CreateDatabaseAsync("new");
        var oldest = Math.Min(from, to);
        await old.ExecuteAsync(InstallationSql.Definitions(oldest));
        await old.ExecuteAsync(InstallationSql.Rows(oldest));
        await @new.ExecuteAsync(InstallationSql.Definitions(oldest));
        await @new.ExecuteAsync(InstallationSql.Bookkeeping);
        var rows = await DatabaseContent.RowsAsync(old);
        var definitions = await DatabaseContent.DefinitionsAsync(@new);

        var backup = await RecordedBackup.TakeAsync(old, Options);
        await backup.RestoreAsync(@new, Options);

        DatabaseContent.AssertSame(rows, await DatabaseContent.RowsAsync(old));
        DatabaseContent.AssertSame(rows.Select(line => line.Replace(old.Name, "owner", StringComparison.Ordinal)).ToList(),
            (await DatabaseContent.RowsAsync(@new)).Select(line => line.Replace(old.Name, "owner", StringComparison.Ordinal)).ToList());
        DatabaseContent.AssertSame(definitions, await DatabaseContent.DefinitionsAsync(@new));
    }
}

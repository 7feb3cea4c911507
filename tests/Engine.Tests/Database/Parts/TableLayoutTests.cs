using TfeBackup.Engine.Database;
using TfeBackup.Engine.Database.Parts;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database.Parts;

public sealed class TableLayoutTests
{
    private const string Tables =
        """
        CREATE EXTENSION IF NOT EXISTS plpgsql;
        CREATE TYPE mood AS ENUM ('sad', 'glad');
        CREATE TYPE pair AS (a integer, m mood);
        CREATE DOMAIN pairs AS pair[];
        CREATE TABLE t (id bigint PRIMARY KEY, v varchar(20), n numeric(10,2), j jsonb, ts timestamptz, p pairs, r int4range, u uuid[], g integer GENERATED ALWAYS AS (1) STORED);
        INSERT INTO t (id, v, p) VALUES (1, 'x', ARRAY[(1, 'sad')::pair]::pairs);
        """;

    public static TheoryData<int> Versions => [.. PostgresBinaries.Installed];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task It_differs_by_all_that_the_text_of_rows_depends_on_and_by_nothing_else(int majorVersion)
    {
        await using var database = await Databases.NewAsync(Tables, majorVersion);
        var layout = await ReadAsync(database);
        Assert.NotNull(layout);
        foreach (var harmless in new[]
        {
            "INSERT INTO t (id) VALUES (2); UPDATE t SET v = 'y'; DELETE FROM t WHERE id = 2",
            "CREATE INDEX ON t (v); ALTER TABLE t ALTER n SET DEFAULT 1; COMMENT ON TABLE t IS 'c'; ALTER TABLE t ADD CHECK (id > 0)",
            "ANALYZE t",
            "VACUUM (FREEZE) t",
            "CREATE TABLE another (id integer); CREATE TYPE unused AS ENUM ('a')",
        })
        {
            await database.ExecuteAsync(harmless);
            Assert.True(layout == await ReadAsync(database), harmless);
        }

        var seen = new HashSet<string> { layout };
        foreach (var change in new[]
        {
            "ALTER TABLE t ADD COLUMN c integer DEFAULT 7",
            "ALTER TABLE t DROP COLUMN c",
            "ALTER TABLE t ADD COLUMN c integer DEFAULT 8",
            "ALTER TABLE t RENAME v TO w",
            "ALTER TABLE t ALTER n TYPE numeric(12,2)",
            "ALTER TYPE mood RENAME VALUE 'sad' TO 'bad'",
            "ALTER TYPE mood RENAME VALUE 'bad' TO 'sad'",
            "ALTER TYPE mood ADD VALUE 'mad'",
            "ALTER TYPE pair ADD ATTRIBUTE z integer",
            "ALTER TYPE pair DROP ATTRIBUTE z",
            "VACUUM FULL t",
            "TRUNCATE t",
            "CREATE TABLE copy AS SELECT id, w FROM t; ALTER TABLE t RENAME TO t_old; ALTER TABLE copy RENAME TO t",
        })
        {
            await database.ExecuteAsync(change);
            Assert.True(seen.Add((await ReadAsync(database))!), change);
        }

        Assert.True(seen.Add((await ReadAsync(database, "encrypted"))!));
    }

    [Theory]
    [InlineData("regclass")]
    [InlineData("regtype[]")]
    [InlineData("aclitem")]
    [InlineData("wrapped")]
    [InlineData("int4")]
    public async Task A_table_whose_text_depends_on_the_catalogue_has_none(string type)
    {
        await using var database = await Databases.NewAsync($"CREATE TYPE wrapped AS (a integer, c regclass); CREATE TABLE t (id integer, x {type})");
        Assert.Equal(type == "int4", await ReadAsync(database) is not null);
    }

    private static async Task<string?> ReadAsync(PostgresDatabase database, string declaration = "")
    {
        await using var connection = await database.DataSource.OpenSessionAsync(default);
        await connection.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", default);
        await SessionSettings.PinAsync(connection, TimeSpan.FromSeconds(10), default);
        var tables = (await CoveredRelations.ReadAsync(connection, Databases.Options, [], default)).Tables;
        var table = tables.Single(relation => relation.Name == "t");
        return (await TableLayouts.ReadAsync(connection, tables, _ => declaration, default))[table.Oid];
    }
}

using TfeBackup.Engine.Database;
using TfeBackup.Engine.Database.Changes;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database.Changes;

/// <summary>Everything that changes the text of rows without changing the rows changes the layout of their table, and nothing else does.</summary>
public sealed class TableLayoutTests
{
    private const string Definitions =
        """
        CREATE TYPE mood AS ENUM ('sad', 'good');
        CREATE TYPE pair AS (a integer, m mood);
        CREATE TYPE moods AS RANGE (subtype = mood);
        CREATE DOMAIN short AS varchar(10);
        CREATE TABLE t (id integer, m mood, ms mood[], p pair, ps pair[], r moods, d short, gone integer);
        CREATE TABLE other (id integer, kept text);
        INSERT INTO t VALUES (1, 'sad', '{sad}', '(1,sad)', '{"(1,sad)"}', '[sad,good]', 'x', 2);
        """;

    public static TheoryData<int> Versions => [.. PostgresBinaries.Installed];

    public static TheoryData<string> Changes =>
    [
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'bad'",
        "ALTER TABLE t ADD COLUMN extra integer DEFAULT 5",
        "ALTER TABLE t DROP COLUMN gone",
        "ALTER TABLE t DROP COLUMN gone; ALTER TABLE t ADD COLUMN gone integer",
        "ALTER TABLE t RENAME m TO x",
        "ALTER TABLE t ALTER d TYPE varchar(20)",
        "ALTER TABLE t ALTER id TYPE bigint",
        "VACUUM FULL t",
        "TRUNCATE t",
        "DROP TABLE t; CREATE TABLE t (id integer, m mood, ms mood[], p pair, ps pair[], r moods, d short, gone integer)",
    ];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_shows_in_the_layout_of_its_table_alone(string change)
    {
        await using var database = await Databases.NewAsync(Definitions);
        var before = await ReadAsync(database);

        await database.ExecuteAsync(change);

        var after = await ReadAsync(database);
        Assert.NotEqual(before["public.t"], after["public.t"]);
        Assert.Equal(before["public.other"], after["public.other"]);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_changes_no_text_changes_no_layout(int version)
    {
        await using var database = await Databases.NewAsync(Definitions, version);
        var before = await ReadAsync(database);

        await database.ExecuteAsync(
            "ALTER TABLE t RENAME TO renamed; CREATE INDEX ON renamed (id); ALTER TABLE renamed ALTER id SET DEFAULT 5, ADD CHECK (id > 0); ANALYZE renamed; "
            + "UPDATE renamed SET id = 7; CREATE TYPE another AS ENUM ('x')");

        var after = await ReadAsync(database);
        Assert.Equal(before["public.t"], after["public.renamed"]);
        Assert.All(after.Values, static layout => Assert.Null(layout.MustBeRead));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Types_whose_text_can_change_by_itself_are_read_each_time(int version)
    {
        await using var database = await Databases.NewAsync(
            """
            CREATE TYPE holder AS (r regclass);
            CREATE TABLE a (v regclass); CREATE TABLE b (v regtype[]); CREATE TABLE c (v holder); CREATE DOMAIN role AS regrole; CREATE TABLE d (v role);
            CREATE TABLE e (v aclitem); CREATE TABLE f (v text, w jsonb, x int4range, y box[], z inet);
            """,
            version);

        var layouts = await ReadAsync(database);

        foreach (var (table, type) in new[] { ("a", "regclass"), ("b", "regtype"), ("c", "regclass"), ("d", "regrole"), ("e", "aclitem") })
        {
            Assert.Equal($"the text of its type {type} can change while its values do not", layouts[$"public.{table}"].MustBeRead);
        }

        Assert.Null(layouts["public.f"].MustBeRead);
    }

    [Fact]
    public async Task What_is_declared_encrypted_belongs_to_the_layout()
    {
        await using var database = await Databases.NewAsync(Definitions);

        var plain = await ReadAsync(database);
        var declared = await ReadAsync(database, static (_, table, column) => table == "other" && column == "kept" ? "a_key" : null);
        var other = await ReadAsync(database, static (_, table, column) => table == "other" && column == "kept" ? "another_key" : null);

        Assert.Equal(plain["public.t"], declared["public.t"]);
        Assert.Equal(3, new[] { plain, declared, other }.Select(static layouts => layouts["public.other"].Fingerprint).Distinct().Count());
    }

    private static async Task<Dictionary<string, TableLayout>> ReadAsync(PostgresDatabase database, EncryptedColumnRule? encrypted = null)
    {
        await using var connection = await database.DataSource.OpenSessionAsync(default);
        await connection.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", default);
        await SessionSettings.PinAsync(connection, TimeSpan.FromSeconds(5), default);
        var server = await ServerInfo.ReadAsync(connection, default);
        var relations = await CoveredRelations.ReadAsync(connection, Databases.Options, [], default);
        var schema = await SchemaReader.ReadAsync(connection, server, relations, encrypted ?? RecordedBackup.NoneEncrypted, default);
        var layouts = await TableLayouts.ReadAsync(connection, server, relations.Tables, schema.Tables, default);
        return relations.Tables.Zip(layouts).ToDictionary(static pair => pair.First.ToString(), static pair => pair.Second);
    }
}

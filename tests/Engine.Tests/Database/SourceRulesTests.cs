using TfeBackup.Engine.Database;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>Sources that break their own rules say so when the backup is taken.</summary>
public sealed class SourceRulesTests
{
    [Theory]
    [InlineData(12)]
    [InlineData(18)]
    public async Task Constraints_that_rows_break_are_found_by_name(int version)
    {
        await using var database = await Databases.NewAsync(
            """
            CREATE SCHEMA app; ALTER ROLE CURRENT_USER SET search_path = app, public; SET search_path = app, public;
            CREATE TABLE orgs (id integer PRIMARY KEY, a integer, b text, UNIQUE (a, b)); CREATE TABLE limits (n integer);
            CREATE TABLE teams (id integer PRIMARY KEY, org integer CONSTRAINT "of org" REFERENCES orgs, a integer, b text,
              CONSTRAINT holds FOREIGN KEY (a, b) REFERENCES orgs (a, b), CONSTRAINT full_match FOREIGN KEY (a, b) REFERENCES orgs (a, b) MATCH FULL);
            CREATE TABLE old_teams (org integer); ALTER TABLE old_teams ADD CONSTRAINT unproven FOREIGN KEY (org) REFERENCES orgs NOT VALID;
            CREATE TABLE parts (id integer CONSTRAINT part_of REFERENCES orgs) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF parts DEFAULT;
            CREATE FUNCTION below(i integer) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT i < (SELECT max(n) FROM limits) $$;
            CREATE FUNCTION fails(i integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN IF i > 100 THEN RAISE EXCEPTION 'no'; END IF; RETURN true; END $$;
            CREATE TABLE sized (id integer NOT NULL, size integer CONSTRAINT fits CHECK (below(size)), t text CONSTRAINT short CHECK (length(t) < 5));
            CREATE TABLE failing (i integer CHECK (fails(i)));
            INSERT INTO orgs VALUES (1, 1, 'x'); INSERT INTO teams VALUES (1, 1, 1, 'x'), (3, NULL, NULL, NULL); INSERT INTO parts VALUES (1); INSERT INTO limits VALUES (9);
            INSERT INTO sized VALUES (1, 7, 'abc'), (2, NULL, NULL); INSERT INTO failing VALUES (1);
            """, version);
        await using (var whole = await database.SnapshotAsync())
        {
            Assert.Empty((await whole.FindBrokenAsync(CancellationToken.None)).Broken);
        }

        await database.ExecuteAsAdminAsync(
            $"""
            SET session_replication_role = replica; SET search_path = app; INSERT INTO teams VALUES (2, 99, NULL, 'half'); INSERT INTO old_teams VALUES (99); INSERT INTO parts VALUES (98);
            DELETE FROM limits; INSERT INTO limits VALUES (5);
            UPDATE pg_attribute SET attnotnull = false WHERE attrelid = 'sized'::regclass AND attname = 'id'; INSERT INTO sized VALUES (NULL, 1, 'a'); UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 'sized'::regclass AND attname = 'id';
            INSERT INTO failing VALUES (50); CREATE OR REPLACE FUNCTION fails(i integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
            """);
        await using var snapshot = await database.SnapshotAsync();
        var (broken, uncheckable) = await snapshot.FindBrokenAsync(CancellationToken.None);
        Assert.Equal(["app.failing.failing_i_check"], uncheckable);
        Assert.Equal(
            ["app.parts.part_of", "app.sized.fits", "app.sized.id (NOT NULL)", "app.teams.full_match", "app.teams.of org"],
            broken);
    }

    [Fact]
    public async Task Constraints_that_are_not_said_to_hold_are_not_broken()
    {
        await using var database = await Databases.NewAsync(
            """
            CREATE TABLE orgs (id integer PRIMARY KEY);
            CREATE TABLE teams (id integer, org integer REFERENCES orgs NOT ENFORCED, size integer CHECK (size > 0) NOT ENFORCED);
            INSERT INTO teams VALUES (NULL, 99, -1);
            ALTER TABLE teams ADD CONSTRAINT later NOT NULL id NOT VALID;
            ALTER TABLE teams ADD CONSTRAINT later_too CHECK (size > 1) NOT VALID;
            """, 18);
        await using var snapshot = await database.SnapshotAsync();
        var (broken, uncheckable) = await snapshot.FindBrokenAsync(CancellationToken.None);
        Assert.Empty(broken.Concat(uncheckable));
    }

    [Theory]
    [InlineData(12)]
    [InlineData(18)]
    public async Task Doubles_under_a_unique_index_are_found_by_its_name(int version)
    {
        await using var database = await Databases.NewAsync(
            """
            CREATE TABLE t (id integer PRIMARY KEY, name text, kind text, note text COLLATE "C", gone boolean NOT NULL DEFAULT false, pos point, UNIQUE (name, kind));
            CREATE UNIQUE INDEX "by note" ON t (lower(note)) WHERE NOT gone; CREATE UNIQUE INDEX patterned ON t (note text_pattern_ops) WHERE gone;
            CREATE TABLE "Parts" (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF "Parts" DEFAULT;
            INSERT INTO t VALUES (1, 'a', 'x', 'n'), (2, 'a', NULL, 'N2'), (3, 'a', NULL, NULL), (4, NULL, 'x', NULL); INSERT INTO "Parts" VALUES (1, 'a'), (2, 'a');
            """, version);
        await using (var whole = await database.SnapshotAsync())
        {
            var (none, nothing) = await whole.FindBrokenAsync(CancellationToken.None);
            Assert.Empty(none.Concat(nothing));
        }

        await database.ExecuteAsAdminAsync(
            """
            UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid IN ('t'::regclass, 'part'::regclass);
            INSERT INTO t VALUES (1, 'b', 'x', 'other'), (5, 'a', 'x', 'm'), (6, 'c', 'x', 'M'); INSERT INTO "Parts" VALUES (2, 'b');
            UPDATE pg_index SET indisready = true, indisvalid = true WHERE indrelid IN ('t'::regclass, 'part'::regclass)
            """);
        await using var snapshot = await database.SnapshotAsync();
        Assert.Equal(
            ["public.part.part_pkey (UNIQUE)", "public.t.by note (UNIQUE)", "public.t.t_name_kind_key (UNIQUE)", "public.t.t_pkey (UNIQUE)"],
            (await snapshot.FindBrokenAsync(CancellationToken.None)).Broken);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(18)]
    public async Task Doubles_of_large_tables_are_found_after_these_were_read(int version)
    {
        await using var database = await Databases.NewAsync(
            """
            CREATE TABLE large (id integer PRIMARY KEY, name text NOT NULL, kind text, at double precision NOT NULL, pad text, UNIQUE (name, kind), UNIQUE (at));
            INSERT INTO large SELECT i, 'n' || i, CASE WHEN i % 3 > 0 THEN 'k' END, CASE i WHEN 7 THEN double precision 'NaN' ELSE i END, repeat('x', 100) FROM generate_series(1, 20000) i;
            CREATE TABLE fine AS SELECT * FROM large; ALTER TABLE fine ADD PRIMARY KEY (id), ADD UNIQUE (name, kind), ADD UNIQUE (at); ANALYZE;
            """, version);
        await using (var whole = await database.SnapshotAsync())
        {
            await whole.CopyTablesAsync(static () => new Nothing(), CancellationToken.None);
            var (none, nothing) = await whole.FindBrokenAsync(CancellationToken.None);
            Assert.Empty(none.Concat(nothing));
        }

        // The index does not know the new rows, or it would refuse them.
        await database.ExecuteAsAdminAsync(
            """
            UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = 'large'::regclass;
            INSERT INTO large VALUES (1, 'new', 'k', -1), (30000, 'n1', 'k', -2), (30001, 'n3', NULL, -3), (30002, 'newer', 'k', 'NaN');
            UPDATE pg_index SET indisready = true, indisvalid = true WHERE indrelid = 'large'::regclass
            """);
        await using var snapshot = await database.SnapshotAsync();
        await snapshot.CopyTablesAsync(static () => new Nothing(), CancellationToken.None);
        Assert.Equal(
            ["public.large.large_at_key (UNIQUE)", "public.large.large_name_kind_key (UNIQUE)", "public.large.large_pkey (UNIQUE)"],
            (await snapshot.FindBrokenAsync(CancellationToken.None)).Broken);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(18)]
    public async Task Doubles_that_an_index_takes_for_different_are_found(int version)
    {
        await using var database = await Databases.NewAsync(
            "CREATE TABLE t (id integer PRIMARY KEY, pad text) WITH (fillfactor = 50); INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i", version);

        // The new version of the row is found by the entry of the old one, whose key it had.
        await database.ExecuteAsAdminAsync(
            """
            UPDATE pg_index SET indislive = false, indisready = false, indisvalid = false WHERE indrelid = 't'::regclass;
            UPDATE t SET id = 1 WHERE id = 2;
            UPDATE pg_index SET indislive = true, indisready = true, indisvalid = true WHERE indrelid = 't'::regclass
            """);
        await database.ExecuteAsync("VACUUM ANALYZE t");
        await using var snapshot = await database.SnapshotAsync();
        await snapshot.CopyTablesAsync(static () => new Nothing(), CancellationToken.None);
        Assert.Equal(["public.t.t_pkey (UNIQUE)"], (await snapshot.FindBrokenAsync(CancellationToken.None)).Broken);
    }

    [Fact]
    public async Task Functions_of_others_are_not_run_with_the_backup_s_rights()
    {
        await using var database = await Databases.NewAsync(
            """
            CREATE FUNCTION who() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN IF current_user = 'postgres' THEN RETURN false; END IF; RETURN true; END $$;
            CREATE TABLE t (id integer CHECK (who())); INSERT INTO t VALUES (1);
            """);
        await using var source = Npgsql.NpgsqlDataSource.Create(database.AdminConnectionString);
        await using var snapshot = await DatabaseSnapshot.OpenAsync(source, Databases.Options, RecordedBackup.NoneEncrypted, CancellationToken.None);
        Assert.Empty((await snapshot.FindBrokenAsync(CancellationToken.None)).Broken);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    public async Task Bytes_that_are_no_UTF_8_stop_the_backup_by_table_column_and_primary_key(int block)
    {
        await using var database = await OnceAsciiAsync(
            "CREATE TABLE t (id integer PRIMARY KEY, pad text, note text); INSERT INTO t SELECT g, repeat('ä€🙂', 400), 'fine' FROM generate_series(1, 20) g; INSERT INTO t VALUES (21, 'x', convert_from('\\x636166e9', 'SQL_ASCII'))");
        await using var snapshot = await DatabaseSnapshot.OpenAsync(database.Source, Databases.Options with { BlockBytes = block }, RecordedBackup.NoneEncrypted, CancellationToken.None);
        var refusal = await Databases.RefusesAsync(EngineError.CorruptSource, () => snapshot.CopyTablesAsync(static () => new Nothing(), CancellationToken.None));
        Assert.Contains("public.t.note of the row id=21 is not valid UTF-8", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE TABLE caf% (id integer)")]
    [InlineData("CREATE TABLE t (caf% integer)")]
    [InlineData("CREATE TYPE kind AS ENUM (''a'', ''caf%''); CREATE TABLE t (kind kind)")]
    [InlineData("CREATE TABLE t (v text CHECK (v <> ''caf%''))")]
    public async Task A_name_or_definition_that_is_no_UTF_8_stops_the_backup_and_is_told_from_a_defect(string sql)
    {
        await using var database = await OnceAsciiAsync($"DO $$ BEGIN EXECUTE replace('{sql}', '%', convert_from('\\xe9', 'SQL_ASCII')); END $$");
        var refusal = await Databases.RefusesAsync(EngineError.CorruptSource, async () =>
        {
            await using var snapshot = await DatabaseSnapshot.OpenAsync(database.Source, Databases.Options, RecordedBackup.NoneEncrypted, CancellationToken.None);
            _ = await snapshot.FindBrokenAsync(CancellationToken.None);
        });
        Assert.Contains("E9", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>A database that was SQL_ASCII once and is called UTF8 now.</summary>
    private static async Task<OnceAscii> OnceAsciiAsync(string sql)
    {
        var server = await PostgresServer.SharedAsync(15);
        var database = await server.CreateDatabaseAsync("once_ascii");
        await database.ExecuteAsAdminAsync($"CREATE DATABASE \"{database.Name}_1\" OWNER \"{database.Name}\" ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        await using (var raw = Npgsql.NpgsqlDataSource.Create(database.With(c => { c.Database = database.Name + "_1"; c.Pooling = false; })))
        {
            await using var fill = raw.CreateCommand(sql);
            await fill.ExecuteNonQueryAsync();
        }

        await database.ExecuteAsAdminAsync($"UPDATE pg_database SET encoding = pg_char_to_encoding('UTF8') WHERE datname = '{database.Name}_1'");
        return new OnceAscii(database, Npgsql.NpgsqlDataSource.Create(database.With(c => { c.Database = database.Name + "_1"; c.ApplicationName = "again"; })));
    }

    private sealed record OnceAscii(PostgresDatabase Database, Npgsql.NpgsqlDataSource Source) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Source.DisposeAsync();
            await Database.ExecuteAsAdminAsync($"DROP DATABASE \"{Database.Name}_1\" WITH (FORCE)");
            await Database.DisposeAsync();
        }
    }

    private sealed class Nothing : ICopySink
    {
        public ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}

using System.Text;
using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

public sealed class LoadTests
{
    public static TheoryData<string> Failures { get; } =
    [
        "disposed at once", "disposed within a row", "disposed between rows", "disposed after the sequences", "disposed after everything", "a row that is no row",
        "a value that does not fit", "a key twice", "a missing parent", "a broken check", "a row that goes on in another table", "an unfinished row at the end",
        "a table the schema does not list", "an end marker", "an end marker in pieces", "a missing sequence", "a sequence out of bounds", "cancelled while writing", "the server process ends",
    ];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_restore_that_does_not_commit_leaves_everything_as_it_was(string failure)
    {
        await using var database = await Databases.NewAsync(
            """
            CREATE TABLE parents (id serial PRIMARY KEY, name text UNIQUE, CONSTRAINT long_enough CHECK (length(name) > 2));
            CREATE TABLE children (id integer PRIMARY KEY, parent integer, CONSTRAINT child_parent FOREIGN KEY (parent) REFERENCES parents ON DELETE CASCADE);
            COMMENT ON CONSTRAINT child_parent ON children IS 'c';
            CREATE INDEX children_parent ON children (parent);
            COMMENT ON INDEX children_parent IS 'i';
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
            CREATE SEQUENCE free MAXVALUE 10;
            CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM parents;
            INSERT INTO parents (name) VALUES ('one'), ('two');
            INSERT INTO children VALUES (1, 1);
            SELECT nextval('free');
            REFRESH MATERIALIZED VIEW counted;
            CREATE TRIGGER refuse_all BEFORE INSERT OR TRUNCATE ON children EXECUTE FUNCTION refuse();
            ALTER TABLE children ENABLE ALWAYS TRIGGER refuse_all;
            ALTER TABLE parents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
            CREATE POLICY everybody ON parents USING (true);
            """);
        var rows = await DatabaseContent.RowsAsync(database);
        var definitions = await DatabaseContent.DefinitionsAsync(database);
        var schema = await ReadSchemaAsync(database);
        var parents = schema.Tables.Single(static table => table.Name == "parents");
        var children = schema.Tables.Single(static table => table.Name == "children");
        var sequences = new SequenceStates { Sequences = [Sequence("free", 7), Sequence("parents_id_seq", 77)] };
        const string secret = "s3cret";

        await using (var load = await DatabaseLoad.BeginAsync(database.DataSource, Databases.Options, schema, overwrite: true, RecordedBackup.NoneEncrypted, CancellationToken.None))
        {
            Task Write(TableSchema table, string data) => load.WriteAsync(table, Encoding.UTF8.GetBytes(data), CancellationToken.None).AsTask();
            Task SetSequences(params SequenceState[] states) => load.SetSequencesAsync(new SequenceStates { Sequences = states }, CancellationToken.None);
            async Task All()
            {
                await SetSequences([.. sequences.Sequences]);
                await load.FinishAsync(CancellationToken.None);
            }

            async Task Refuses(EngineError error, string mentions, Func<Task> action)
            {
                var refusal = await Databases.RefusesAsync(error, action);
                Assert.Contains(mentions, refusal.Message, StringComparison.Ordinal);
                Assert.DoesNotContain(secret, refusal.ToString(), StringComparison.Ordinal);
                await Assert.ThrowsAsync<InvalidOperationException>(() => load.CommitAsync(CancellationToken.None));
            }

            await Write(parents, $"5\tfive {secret}\n");
            switch (failure)
            {
                case "disposed at once":
                    break;
                case "disposed within a row":
                    await Write(parents, $"6\tsix {secret}");
                    break;
                case "disposed between rows":
                    await Write(children, "1\t5\n");
                    break;
                case "disposed after the sequences":
                    await SetSequences([.. sequences.Sequences]);
                    break;
                case "disposed after everything":
                    await Write(children, "1\t5\n");
                    await All();
                    break;
                case "a row that is no row":
                    await Write(children, $"1\t5\t{secret}\n");
                    await Refuses(EngineError.Corrupt, "public.children", All);
                    break;
                case "a value that does not fit":
                    await Write(parents, $"6\tsixty\n{secret}\tseven\n");
                    await Refuses(EngineError.Corrupt, "line 3 of the table's data", All);
                    break;
                case "a key twice":
                    await Write(parents, $"6\tfive {secret}\n");
                    await Refuses(EngineError.SchemaMismatch, "parents_name_key", All);
                    break;
                case "a missing parent":
                    await Write(children, "1\t4711\n");
                    await Refuses(EngineError.SchemaMismatch, "child_parent", All);
                    break;
                case "a broken check":
                    await Write(parents, "6\tab\n");
                    await Refuses(EngineError.SchemaMismatch, "long_enough", All);
                    break;
                case "a row that goes on in another table":
                    await Write(parents, $"6\tsix {secret}");
                    await Refuses(EngineError.Corrupt, "public.parents ends within a row", () => Write(children, "1\t5\n"));
                    break;
                case "an unfinished row at the end":
                    await Write(parents, $"6\tsix {secret}");
                    await Refuses(EngineError.Corrupt, "public.parents ends within a row", All);
                    break;
                case "a table the schema does not list":
                    await Refuses(EngineError.Corrupt, "public.nonsense", () => Write(parents with { Name = "nonsense" }, "1\n"));
                    break;
                case "an end marker":
                    await Refuses(EngineError.Corrupt, "end-of-data marker", () => Write(parents, "6\tsix\n\\.\n7\tseven\n"));
                    break;
                case "an end marker in pieces":
                    await Write(parents, "6\tsix\n\\");
                    await Write(parents, ".");
                    await Refuses(EngineError.Corrupt, "end-of-data marker", () => Write(parents, "\n7\tseven\n"));
                    break;
                case "a missing sequence":
                    await Refuses(EngineError.Corrupt, "public.parents_id_seq", () => SetSequences(Sequence("free", 1)));
                    break;
                case "a sequence out of bounds":
                    await Refuses(EngineError.SchemaMismatch, "public.free", () => SetSequences(Sequence("free", 11), Sequence("parents_id_seq", 1)));
                    break;
                case "cancelled while writing":
                    using (var cancelled = new CancellationTokenSource())
                    {
                        await cancelled.CancelAsync();
                        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => load.WriteAsync(parents, new byte[1 << 20], cancelled.Token).AsTask());
                    }

                    break;
                case "the server process ends":
                    await database.ExecuteAsAdminAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{database.Name}'");
                    await Refuses(EngineError.Unavailable, "", All);
                    break;
                default:
                    Assert.Fail($"There is no failure \"{failure}\".");
                    break;
            }
        }

        DatabaseContent.AssertSame(rows, await DatabaseContent.RowsAsync(database));
        DatabaseContent.AssertSame(definitions, await DatabaseContent.DefinitionsAsync(database));
        SequenceState Sequence(string name, long value) => new() { Schema = "public", Name = name, LastValue = value, IsCalled = true };
    }

    [Fact]
    public async Task Refuses_a_target_that_holds_data_unless_overwriting_is_asked_for()
    {
        const string tables = "CREATE TABLE schema_migrations (version text); CREATE TABLE a (id integer); CREATE TABLE b (id integer); CREATE TABLE c (id integer) INHERITS (b); ";
        await using var old = await Databases.NewAsync(tables + "INSERT INTO a VALUES (1); INSERT INTO schema_migrations VALUES ('1')");
        await using var target = await Databases.NewAsync(tables + "INSERT INTO c VALUES (2); INSERT INTO schema_migrations VALUES ('2')");
        var backup = await old.BackupAsync();

        var refusal = await Databases.RefusesAsync(EngineError.TargetNotEmpty, () => backup.RestoreAsync(target, Databases.Options));
        Assert.Contains("rows in public.c.", refusal.Message, StringComparison.Ordinal);

        await backup.RestoreAsync(target, Databases.Options, overwrite: true);
        DatabaseContent.AssertSame(await DatabaseContent.RowsAsync(old), await DatabaseContent.RowsAsync(target));
    }

    [Fact]
    public async Task Says_every_difference_at_once()
    {
        await using var old = await Databases.NewAsync(
            "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TYPE pair AS (x integer, y text); CREATE TABLE same (id integer); CREATE TABLE gone (id integer); "
            + "CREATE TABLE other (id integer, nullable text, name varchar(10), missing text, m mood, p pair, g text); CREATE SEQUENCE s AS integer; CREATE SEQUENCE only_old; CREATE MATERIALIZED VIEW mv AS SELECT 1");
        await using var target = await Databases.NewAsync(
            "CREATE TYPE mood AS ENUM ('a', 'c'); CREATE TYPE pair AS (y text, x integer); CREATE TABLE same (id integer); CREATE TABLE extra (id integer); "
            + "CREATE TABLE other (g text GENERATED ALWAYS AS ('x') STORED, added text, p pair, m mood, name varchar(20), nullable text NOT NULL, id integer); CREATE SEQUENCE s");
        var backup = await old.BackupAsync();
        var definitions = await DatabaseContent.DefinitionsAsync(target);

        var refusal = await Databases.RefusesAsync(EngineError.SchemaMismatch, () => backup.RestoreAsync(target, Databases.Options));

        foreach (var expected in new[]
        {
            "table public.gone is missing in the target", "table public.extra is in the target only", "column public.other.missing is missing",
            "column public.other.added is in the target only", "column public.other.g is missing in the target, or generated there",
            "column public.other.name is character varying(10) in the backup and character varying(20) in the target", "column public.other.nullable may be null",
            "type public.mood is enum (a, b) in the backup and enum (a, c) in the target", "type public.pair is composite (x integer, y text)",
            "sequence public.s is integer", "sequence public.only_old is missing", "materialised view public.mv is missing",
        })
        {
            Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("public.same", refusal.Message, StringComparison.Ordinal);
        DatabaseContent.AssertSame(definitions, await DatabaseContent.DefinitionsAsync(target));
    }

    [Fact]
    public async Task Says_who_uses_the_tables()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer); CREATE SEQUENCE s; CREATE MATERIALIZED VIEW v AS SELECT 1");
        var backup = await database.BackupAsync();
        await using var source = NpgsqlDataSource.Create(database.With(static c => c.ApplicationName = "the application"));
        foreach (var (use, relation) in new[] { ("SELECT FROM t", "public.t"), ("SELECT nextval('s')", "public.s"), ("SELECT FROM v", "public.v") })
        {
            await using var other = await source.OpenConnectionAsync();
            await using var transaction = await other.BeginTransactionAsync();
            await using var command = new NpgsqlCommand(use, other);
            await command.ExecuteNonQueryAsync();
            var refusal = await Databases.RefusesAsync(EngineError.Busy, () => backup.RestoreAsync(database, Databases.Options));
            Assert.Contains($"process {other.ProcessID} (application \"the application\"", refusal.Message, StringComparison.Ordinal);
            Assert.Contains(relation, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Names_what_its_role_does_not_own()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE mine (id integer)");
        await database.ExecuteAsAdminAsync("CREATE TABLE theirs (id integer); GRANT ALL ON theirs TO PUBLIC");
        var backup = await database.BackupAsync();
        var refusal = await Databases.RefusesAsync(EngineError.Unsupported, () => backup.RestoreAsync(database, Databases.Options));
        Assert.Contains("table public.theirs belongs to postgres", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("public.mine", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_foreign_keys_it_could_not_put_back()
    {
        await using var database = await Databases.NewAsync(
            "CREATE TABLE t (id integer PRIMARY KEY); CREATE SCHEMA outside; CREATE TABLE outside.u (id integer CONSTRAINT inward REFERENCES t); CREATE TABLE v (id integer CONSTRAINT meddled REFERENCES t)");
        await database.ExecuteAsAdminAsync("ALTER TABLE v DISABLE TRIGGER ALL");
        var inside = Databases.Options with { Schemas = ["public"] };
        var backup = await database.BackupAsync(inside with { Excluded = ["outside.u"] });
        var refusal = await Databases.RefusesAsync(EngineError.Unsupported, () => (backup with { SchemaJson = DatabaseJson.Write(backup.Schema with { Excluded = [] }) }).RestoreAsync(database, inside));
        Assert.Contains("\"inward\" on outside.u lies outside", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("\"meddled\" on public.v has triggers that a superuser disabled", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loads_tables_whose_policies_bind_their_owner_and_binds_them_again()
    {
        const string tables = "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c (id integer CONSTRAINT cp REFERENCES p) PARTITION BY RANGE (id); CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (99); ";
        const string force = "ALTER TABLE p ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY none ON p USING (false); ALTER TABLE c ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; ";
        await using var old = await Databases.NewAsync(tables + "INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1)");
        await using var target = await Databases.NewAsync(tables + force);
        var definitions = await DatabaseContent.DefinitionsAsync(target);
        var backup = await old.BackupAsync();
        await backup.RestoreAsync(target, Databases.Options);
        DatabaseContent.AssertSame(await DatabaseContent.RowsAsync(old), await DatabaseContent.RowsAsync(target));
        DatabaseContent.AssertSame(definitions, await DatabaseContent.DefinitionsAsync(target));

        // What hides rows from its owner hides them from a restore that checks for data, too, unless it looks behind the policy.
        await Databases.RefusesAsync(EngineError.TargetNotEmpty, () => backup.RestoreAsync(target, Databases.Options));
    }

    [Fact]
    public async Task Leaves_excluded_relations_and_what_refers_to_them_alone()
    {
        const string tables = "CREATE TABLE users (id integer PRIMARY KEY); CREATE TABLE audit (id integer, who integer CONSTRAINT audit_user REFERENCES users) PARTITION BY RANGE (id); CREATE TABLE audit_1 PARTITION OF audit FOR VALUES FROM (0) TO (99); ";
        await using var old = await Databases.NewAsync(tables + "INSERT INTO users VALUES (1), (2); INSERT INTO audit VALUES (1, 1)");
        await using var target = await Databases.NewAsync(tables + "INSERT INTO users VALUES (2); INSERT INTO audit VALUES (7, 2)");
        var definitions = await DatabaseContent.DefinitionsAsync(target);
        var backup = await old.BackupAsync(Databases.Options with { Excluded = ["public.audit"] });
        Assert.Equal(["public.audit", "public.audit_1"], backup.Schema.Excluded);

        await backup.RestoreAsync(target, Databases.Options, overwrite: true);

        Assert.Equal("{7}", await target.QueryAsync<string>("SELECT array_agg(id)::text FROM audit"));
        Assert.Equal("{1,2}", await target.QueryAsync<string>("SELECT array_agg(id ORDER BY id)::text FROM users"));
        DatabaseContent.AssertSame(definitions, await DatabaseContent.DefinitionsAsync(target));

        // And the other way round: what the target leaves out, a backup must not bring.
        var whole = await old.BackupAsync();
        var refusal = await Databases.RefusesAsync(
            EngineError.SchemaMismatch, () => whole.RestoreAsync(target, Databases.Options with { Excluded = ["public.audit_1"] }, overwrite: true));
        Assert.Contains("table public.audit_1 is in the backup but excluded in the target", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_index_stays_invalid()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer); INSERT INTO t VALUES (1), (1)");
        await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("CREATE UNIQUE INDEX CONCURRENTLY broken ON t (id)"));
        var definitions = await DatabaseContent.DefinitionsAsync(database);
        Assert.Contains(definitions, static line => line.StartsWith("index|CREATE UNIQUE INDEX broken", StringComparison.Ordinal) && line.Contains("|f|", StringComparison.Ordinal));
        await database.ExecuteAsync("DELETE FROM t WHERE ctid = '(0,1)'");
        var backup = await database.BackupAsync();
        await database.ExecuteAsync("UPDATE t SET id = 2");

        await backup.RestoreAsync(database, Databases.Options, overwrite: true);

        Assert.Equal(1, await database.QueryAsync<int>("SELECT id FROM t"));
        DatabaseContent.AssertSame(definitions, await DatabaseContent.DefinitionsAsync(database));
    }

    [Fact]
    public async Task Does_not_commit_when_something_was_not_put_back_as_it_was()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer); CREATE INDEX i ON t (id); INSERT INTO t SELECT generate_series(1, 150000)");
        await database.ExecuteAsAdminAsync(
            "CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN COMMENT ON INDEX public.i IS ''meddled''; END'; CREATE EVENT TRIGGER meddling ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION meddle(); "
            + $"ALTER TABLE t OWNER TO \"{database.Name}\"");
        var definitions = await DatabaseContent.DefinitionsAsync(database);
        var backup = await database.BackupAsync();
        await using (var load = await backup.BeginAsync(database, Databases.Options, overwrite: true))
        {
            Assert.Contains("Event trigger meddling", Assert.Single(load.Notes), StringComparison.Ordinal);
            await backup.WriteAsync(load);
            await load.SetSequencesAsync(backup.Sequences, CancellationToken.None);
            var refusal = await Databases.RefusesAsync(EngineError.Unsupported, () => load.FinishAsync(CancellationToken.None));
            Assert.Contains("relation public.i", refusal.Message, StringComparison.Ordinal);
        }

        DatabaseContent.AssertSame(definitions, await DatabaseContent.DefinitionsAsync(database));
    }

    [Fact]
    public async Task Nobody_sees_anything_before_the_commit()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer); INSERT INTO t VALUES (1)");
        var backup = await database.BackupAsync();
        await database.ExecuteAsync("UPDATE t SET id = 2");
        await using var load = await backup.BeginAsync(database, Databases.Options, overwrite: true);
        await backup.WriteAsync(load);
        await load.SetSequencesAsync(backup.Sequences, CancellationToken.None);
        await load.FinishAsync(CancellationToken.None);
        var reader = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("SET lock_timeout = '50ms'; SELECT * FROM t"));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, reader.SqlState);
        await load.CommitAsync(CancellationToken.None);
        Assert.Equal(1, await database.QueryAsync<int>("SELECT id FROM t"));
    }

    [Fact]
    public async Task Settings_of_roles_and_other_encodings_change_nothing()
    {
        await using var old = await (await PostgresServer.SharedAsync(15)).CreateDatabaseAsync("latin");
        await old.ExecuteAsAdminAsync($"CREATE DATABASE \"{old.Name}_1\" OWNER \"{old.Name}\" ENCODING 'LATIN1' TEMPLATE template0");
        try
        {
            await using var latin = NpgsqlDataSource.Create(old.With(c => c.Database = old.Name + "_1"));
            const string table = "CREATE TABLE t (ts timestamptz, iv interval, f float8, b bytea, m money, d date, t text, a text[], x xml); ";
            await using (var fill = latin.CreateCommand(table + "INSERT INTO t VALUES ('2024-03-04 05:06:07+00', '1 year -2 days', 0.1, '\\x00ff', '1234.56', '2024-03-04', E'Grüße \\\\ \\t', '{NULL,\"null\"}', 'two <b/> roots')"))
            {
                await fill.ExecuteNonQueryAsync();
            }

            await using var target = await Databases.NewAsync(table);
            foreach (var (database, other) in new[] { (old, "German"), (target, "SQL, DMY") })
            {
                await database.ExecuteAsAdminAsync(
                    $"""
                    ALTER ROLE "{database.Name}" SET DateStyle = '{other}'; ALTER ROLE "{database.Name}" SET IntervalStyle = 'sql_standard'; ALTER ROLE "{database.Name}" SET TimeZone = 'America/Caracas';
                    ALTER ROLE "{database.Name}" SET extra_float_digits = -10; ALTER ROLE "{database.Name}" SET bytea_output = 'escape'; ALTER ROLE "{database.Name}" SET default_transaction_read_only = on;
                    ALTER ROLE "{database.Name}" SET xmloption = 'document'; ALTER ROLE "{database.Name}" SET array_nulls = off; ALTER ROLE "{database.Name}" SET quote_all_identifiers = on;
                    ALTER ROLE "{database.Name}" SET default_transaction_isolation = 'serializable'; ALTER ROLE "{database.Name}" SET standard_conforming_strings = off; ALTER ROLE "{database.Name}" SET search_path = 'nowhere';
                    """);
            }

            await using var latinAgain = NpgsqlDataSource.Create(old.With(c => { c.Database = old.Name + "_1"; c.ApplicationName = "again"; }));
            await using var snapshot = await DatabaseSnapshot.OpenAsync(latinAgain, Databases.Options, RecordedBackup.NoneEncrypted, CancellationToken.None);
            await using var targetAgain = NpgsqlDataSource.Create(target.With(static c => c.ApplicationName = "again"));
            await using var load = await DatabaseLoad.BeginAsync(targetAgain, Databases.Options, snapshot.Schema, overwrite: false, RecordedBackup.NoneEncrypted, CancellationToken.None);
            await snapshot.CopyTablesAsync(() => load, CancellationToken.None);
            await load.SetSequencesAsync(await snapshot.ReadSequencesAsync(CancellationToken.None), CancellationToken.None);
            await load.FinishAsync(CancellationToken.None);
            await load.CommitAsync(CancellationToken.None);

            const string show = "SELECT format('%s|%s|%s|%s|%s|%s|%s|%s|%s', extract(epoch FROM ts)::bigint, extract(month FROM iv) || ' ' || extract(year FROM iv) || ' ' || extract(day FROM iv), f = 0.1, encode(b, 'hex'), m::numeric, to_char(d, 'YYYYMMDD'), t, array_to_string(a, ',', '?'), x::text) FROM public.t";
            await using var was = latinAgain.CreateCommand(show);
            await using var @is = targetAgain.CreateCommand(show);
            var expected = (string)(await was.ExecuteScalarAsync())!;
            Assert.Contains("|t|00ff|1234.56|20240304|Grüße \\ \t|?,null|two <b/> roots", expected, StringComparison.Ordinal);
            Assert.Equal(expected, (string)(await @is.ExecuteScalarAsync())!);
        }
        finally
        {
            await old.ExecuteAsAdminAsync($"DROP DATABASE \"{old.Name}_1\" WITH (FORCE)");
        }
    }

    private static async Task<DatabaseSchema> ReadSchemaAsync(PostgresDatabase database)
    {
        // With the superuser, because policies bind the owner.
        await using var source = NpgsqlDataSource.Create(database.AdminConnectionString);
        await using var snapshot = await DatabaseSnapshot.OpenAsync(source, Databases.Options, RecordedBackup.NoneEncrypted, CancellationToken.None);
        return snapshot.Schema;
    }
}

using Xunit;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>Schemas in which one thing depends on another that PostgreSQL knows nothing of, or on the server itself.</summary>
public sealed class DependentSchemaTests
{
    private const string Plans =
        """
        CREATE TABLE z_plans (id integer PRIMARY KEY, name text);
        CREATE FUNCTION plan_exists(i integer) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN EXISTS (SELECT FROM z_plans WHERE id = i); END $$;
        CREATE FUNCTION plan_name(i integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN (SELECT name FROM z_plans WHERE id = i); END $$;
        """;

    private const string PlanRows = "INSERT INTO z_plans SELECT g, 'plan ' || g FROM generate_series(1, 50) g; ";

    public static TheoryData<string, string, string> Schemas { get; } = new()
    {
        {
            "checks that read other tables",
            Plans + """
                CREATE TABLE a_orgs (id integer PRIMARY KEY, plan integer CONSTRAINT has_plan CHECK (plan_exists(plan)));
                COMMENT ON CONSTRAINT has_plan ON a_orgs IS 'of a plan';
                CREATE TABLE a_parts (id integer, plan integer, CHECK (plan_exists(plan))) PARTITION BY RANGE (id);
                CREATE TABLE a_part PARTITION OF a_parts FOR VALUES FROM (0) TO (99);
                CREATE OPERATOR ~~~ (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);
                CREATE FUNCTION known(integer, integer) RETURNS boolean LANGUAGE sql AS $$ SELECT plan_exists($1) $$;
                CREATE OPERATOR ### (LEFTARG = integer, RIGHTARG = integer, FUNCTION = known);
                CREATE TABLE a_op (plan integer CHECK (plan ### 1));
                CREATE TABLE a_young (at timestamptz); ALTER TABLE a_young ADD CONSTRAINT old CHECK (at > now() - interval '1 hour') NOT VALID;
                """,
            PlanRows + "INSERT INTO a_orgs VALUES (1, 7); INSERT INTO a_parts VALUES (1, 8); INSERT INTO a_op VALUES (9)"
        },
        {
            "domains that read other tables, and NOT VALID ones",
            Plans + """
                CREATE DOMAIN plan AS integer CONSTRAINT known CHECK (plan_exists(VALUE)); COMMENT ON CONSTRAINT known ON DOMAIN plan IS 'c';
                CREATE TABLE a_orgs (id integer PRIMARY KEY, plan plan);
                CREATE DOMAIN slug AS text; CREATE DOMAIN slugs AS slug[];
                CREATE TABLE ws (id integer PRIMARY KEY, name slug, more slugs);
                ALTER DOMAIN slug ADD CONSTRAINT form CHECK (VALUE !~ ' ') NOT VALID;
                """,
            PlanRows + "INSERT INTO a_orgs VALUES (1, 7); ALTER DOMAIN slug DROP CONSTRAINT form; INSERT INTO ws VALUES (1, 'has space', '{b}'); ALTER DOMAIN slug ADD CONSTRAINT form CHECK (VALUE !~ ' ') NOT VALID"
        },
        {
            "generated columns and indexes that read other tables",
            Plans + """
                CREATE TABLE a_orgs (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, plan integer, other integer,
                  plan_name text GENERATED ALWAYS AS (plan_name(plan)) STORED, pair text GENERATED ALWAYS AS (plan_name(other) || 'x') STORED, plain integer GENERATED ALWAYS AS (plan + 1) STORED);
                CREATE INDEX by_name ON a_orgs (plan_name(plan));
                CREATE FUNCTION sure_name(i integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ DECLARE n text; BEGIN SELECT name INTO STRICT n FROM z_plans WHERE id = i; RETURN n; END $$;
                CREATE TABLE b_sure (id integer PRIMARY KEY, plan integer, plan_name text NOT NULL GENERATED ALWAYS AS (sure_name(plan)) STORED); CREATE UNIQUE INDEX by_sure ON b_sure (sure_name(plan), id);
                CREATE FUNCTION org_name(i integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT plan_name FROM a_orgs WHERE id = i $$;
                CREATE TABLE a_0 (org integer, n text GENERATED ALWAYS AS (org_name(org)) STORED);
                CREATE INDEX by_pair ON a_orgs (pair) WHERE plan_name(plan) IS NOT NULL;
                CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'; CREATE TRIGGER no BEFORE UPDATE ON a_orgs FOR EACH ROW EXECUTE FUNCTION no();
                """,
            PlanRows + "INSERT INTO a_orgs (plan, other) SELECT g, g + 1 FROM generate_series(1, 40) g; INSERT INTO b_sure SELECT g, g FROM generate_series(1, 9) g; INSERT INTO a_0 SELECT g FROM generate_series(1, 5) g"
        },
        {
            "materialised views over functions over each other",
            """
            CREATE TABLE runs (id integer PRIMARY KEY, cost integer);
            CREATE MATERIALIZED VIEW z_costs AS SELECT sum(cost) s FROM runs;
            CREATE FUNCTION m_total() RETURNS bigint LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT s FROM public.z_costs); END $$;
            CREATE MATERIALIZED VIEW m_totals AS SELECT public.m_total() t WITH NO DATA;
            CREATE FUNCTION a_total() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT t FROM public.m_totals $$;
            CREATE VIEW v AS SELECT public.a_total() t;
            CREATE MATERIALIZED VIEW a_report AS SELECT * FROM v WITH NO DATA;
            """,
            "INSERT INTO runs VALUES (1, 5); REFRESH MATERIALIZED VIEW z_costs; REFRESH MATERIALIZED VIEW m_totals; REFRESH MATERIALIZED VIEW a_report"
        },
        {
            "statement triggers of a table that is partitioned by hash",
            """
            CREATE TYPE tier AS ENUM ('t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7');
            CREATE TABLE runs (id integer, tier tier NOT NULL, body text, g integer GENERATED ALWAYS AS (id + 1) STORED) PARTITION BY HASH (tier);
            CREATE TABLE runs_0 (body text, gone text, tier tier NOT NULL, id integer, g integer GENERATED ALWAYS AS (id + 1) STORED); ALTER TABLE runs_0 DROP COLUMN gone;
            ALTER TABLE runs ATTACH PARTITION runs_0 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE runs_1 PARTITION OF runs FOR VALUES WITH (MODULUS 2, REMAINDER 1) PARTITION BY RANGE (id);
            CREATE TABLE runs_1a PARTITION OF runs_1 FOR VALUES FROM (0) TO (100); CREATE TABLE runs_1b PARTITION OF runs_1 DEFAULT;
            CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
            CREATE TRIGGER no BEFORE INSERT ON runs EXECUTE FUNCTION no(); ALTER TABLE runs ENABLE ALWAYS TRIGGER no;
            CREATE TRIGGER never AFTER INSERT ON runs FOR EACH ROW EXECUTE FUNCTION no();
            """,
            "ALTER TABLE runs DISABLE TRIGGER ALL; INSERT INTO runs SELECT g, ('t' || g % 8)::tier, 'r' || g FROM generate_series(1, 200) g; ALTER TABLE runs ENABLE TRIGGER ALL; ALTER TABLE runs ENABLE ALWAYS TRIGGER no"
        },
    };

    [Theory]
    [MemberData(nameof(Schemas))]
    public async Task It_is_restored_as_it_was(string what, string definitions, string rows)
    {
        foreach (var (from, to) in new[] { (15, 15), (18, 18), (15, 18), (18, 15) })
        {
            await using var old = await Databases.NewAsync(definitions, from);
            await using var target = await Databases.NewAsync(definitions, to);
            await old.ExecuteAsync(rows);
            var before = await DatabaseContent.DefinitionsAsync(target);

            await (await old.BackupAsync()).RestoreAsync(target, Databases.Options);

            // Where an enum's hash puts a row is each database's own affair.
            static List<string> Anywhere(IEnumerable<string> lines) =>
                [.. lines.Select(static line => System.Text.RegularExpressions.Regex.Replace(line, @"^public\.runs_\w+: \((r\d+,t\d,\d+,\d+|\d+,t\d,r\d+,\d+)\)$", static m => "runs: " + string.Join(',', m.Groups[1].Value.Split(',').Order(StringComparer.Ordinal)))).Order(StringComparer.Ordinal)];
            DatabaseContent.AssertSame(Anywhere(await DatabaseContent.RowsAsync(old)), Anywhere(await DatabaseContent.RowsAsync(target)));
            DatabaseContent.AssertSame(before, await DatabaseContent.DefinitionsAsync(target));
            if (what.StartsWith("generated", StringComparison.Ordinal))
            {
                // The expression stands in the condition, so that the index alone answers.
                Assert.Equal(1L, await target.QueryAsync<long>("SET enable_seqscan = off; SELECT count(*) FROM a_orgs WHERE plan_name(plan) = 'plan 7'"));
            }
        }
    }

    [Fact]
    public async Task Rows_go_into_the_partition_that_the_new_server_s_collation_says()
    {
        const string tables = "CREATE TABLE ws (name text COLLATE \"{0}\" NOT NULL, n integer) PARTITION BY RANGE (name); CREATE TABLE ws_a_m PARTITION OF ws FOR VALUES FROM (MINVALUE) TO ('n'); CREATE TABLE ws_n_z PARTITION OF ws FOR VALUES FROM ('n') TO (MAXVALUE)";
        await using var old = await Databases.NewAsync(tables.Replace("{0}", "C", StringComparison.Ordinal));
        await using var target = await Databases.NewAsync(tables.Replace("{0}", "en-x-icu", StringComparison.Ordinal));
        await old.ExecuteAsync("INSERT INTO ws VALUES ('alpha', 1), ('Zeta', 2), ('nu', 3), ('Omega', 4)");

        await (await old.BackupAsync()).RestoreAsync(target, Databases.Options);

        Assert.Equal("alpha", await target.QueryAsync<string>("SELECT string_agg(name, ' ' ORDER BY n) FROM ws_a_m"));
        Assert.Equal("Zeta nu Omega", await target.QueryAsync<string>("SELECT string_agg(name, ' ' ORDER BY n) FROM ws_n_z"));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(18)]
    public async Task Functions_that_need_the_application_s_search_path_find_it_in_maintenance(int from)
    {
        const string definitions =
            """
            CREATE SCHEMA app; ALTER ROLE CURRENT_USER SET search_path = app, public; SET search_path = app, public;
            CREATE TABLE app.words (w text); CREATE FUNCTION app.strip(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT btrim(t) $$;
            CREATE FUNCTION app.norm(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN lower(strip(t)); END $$;
            CREATE FUNCTION app.words_there() RETURNS bigint LANGUAGE plpgsql STABLE SET work_mem = '8MB' AS $$ BEGIN RETURN (SELECT count(*) FROM words); END $$;
            CREATE TABLE app.ws (id integer PRIMARY KEY, name text); CREATE INDEX ws_norm ON app.ws (app.norm(name));
            CREATE MATERIALIZED VIEW app.counted AS SELECT app.words_there() n WITH NO DATA;
            """;
        await using var old = await Databases.NewAsync(definitions, from);
        await using var target = await Databases.NewAsync(definitions, 18);
        await old.ExecuteAsync("SET search_path = app, public; INSERT INTO words VALUES ('a'), ('b'); INSERT INTO ws SELECT g, ' N' || g FROM generate_series(1, 500) g");
        if (from < 17)
        {
            await old.ExecuteAsync("SET search_path = app, public; REFRESH MATERIALIZED VIEW counted");
        }

        const string functions = "SELECT string_agg(oid::regprocedure || COALESCE(proconfig::text, ''), ' ' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'app'::regnamespace";
        var before = await target.QueryAsync<string>(functions);
        var backup = await old.BackupAsync();
        await using var load = await backup.BeginAsync(target, Databases.Options);
        await backup.WriteAsync(load);
        await load.SetSequencesAsync(backup.Sequences, CancellationToken.None);
        await load.FinishAsync(CancellationToken.None);
        await load.CommitAsync(CancellationToken.None);

        Assert.Empty(load.Notes);
        Assert.Equal(before, await target.QueryAsync<string>(functions));
        Assert.Equal(1L, await target.QueryAsync<long>("SELECT count(*) FROM ws WHERE app.norm(name) = 'n77'"));
        Assert.True(await target.QueryAsync<bool>("SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'ws_norm'"));
        if (from < 17)
        {
            Assert.Equal(2L, await target.QueryAsync<long>("SELECT n FROM counted"));
        }
    }

    [Fact]
    public async Task A_restore_goes_on_where_statistics_cannot_be_gathered_and_says_so()
    {
        await using var old = await Databases.NewAsync("CREATE TABLE t (id integer, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
        await using var target = await Databases.NewAsync("CREATE TABLE t (id integer, v text)");
        await target.ExecuteAsync("CREATE FUNCTION out_of_place(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN current_setting('app.place'); END $$; CREATE STATISTICS s ON (out_of_place(v)) FROM t");
        var backup = await old.BackupAsync();
        await using var load = await backup.BeginAsync(target, Databases.Options);
        await backup.WriteAsync(load);
        await load.SetSequencesAsync(backup.Sequences, CancellationToken.None);
        await load.FinishAsync(CancellationToken.None);
        await load.CommitAsync(CancellationToken.None);
        Assert.Contains("gathering statistics of public.t", Assert.Single(load.Notes), StringComparison.Ordinal);
        Assert.Equal(2L, await target.QueryAsync<long>("SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task An_index_that_cannot_be_built_again_stays_as_it_was_loaded_and_is_named()
    {
        const string table = "CREATE SCHEMA theirs; CREATE TABLE public.t (id integer, v text); ";
        await using var old = await Databases.NewAsync(table + "INSERT INTO t VALUES (1, ' A'), (2, 'b')");
        await using var target = await Databases.NewAsync(table + "ALTER ROLE CURRENT_USER SET search_path = public, theirs");
        await target.ExecuteAsAdminAsync(
            $"""
            CREATE FUNCTION theirs.strip(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT btrim(t) $$;
            CREATE FUNCTION theirs.norm(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN lower(strip(t)); END $$;
            GRANT USAGE ON SCHEMA theirs TO PUBLIC; CREATE INDEX by_norm ON t (theirs.norm(v));
            """);
        var backup = await old.BackupAsync();
        await using var load = await backup.BeginAsync(target, Databases.Options);
        await backup.WriteAsync(load);
        await load.SetSequencesAsync(backup.Sequences, CancellationToken.None);
        await load.FinishAsync(CancellationToken.None);
        await load.CommitAsync(CancellationToken.None);

        Assert.Contains(load.Notes, static note => note.Contains("rebuilding index public.by_norm", StringComparison.Ordinal));
        await target.ExecuteAsync("SET enable_seqscan = off; SET search_path = public, theirs; DO $$ BEGIN ASSERT (SELECT id FROM t WHERE theirs.norm(v) = 'a') = 1; END $$");
    }

    [Fact]
    public async Task Event_triggers_that_refuse_are_named()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE orgs (id integer PRIMARY KEY, n text); CREATE INDEX ON orgs (n); INSERT INTO orgs SELECT i, md5(i::text) FROM generate_series(1, 20000) i");
        var backup = await database.BackupAsync();
        await database.ExecuteAsAdminAsync(
            "CREATE FUNCTION no_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF tg_tag LIKE 'DROP%' THEN RAISE EXCEPTION 'no % here', tg_tag; END IF; END $$; "
            + "CREATE FUNCTION fine() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$; CREATE EVENT TRIGGER harmless ON ddl_command_end EXECUTE FUNCTION fine(); CREATE EVENT TRIGGER guard ON ddl_command_start EXECUTE FUNCTION no_drop()");
        var refusal = await Databases.RefusesAsync(EngineError.Unsupported, () => backup.RestoreAsync(database, Databases.Options, overwrite: true));
        Assert.Contains("guard at ddl_command_start (function public.no_drop)", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("harmless", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_constraint_that_the_rows_break_is_named_and_put_back_NOT_VALID_on_request(int version)
    {
        const string tables =
            """
            CREATE TABLE orgs (id integer PRIMARY KEY); CREATE TABLE teams (id integer PRIMARY KEY, org integer REFERENCES orgs, size integer CONSTRAINT small CHECK (size < 5), CONSTRAINT other FOREIGN KEY (id) REFERENCES orgs);
            CREATE TABLE limits (n integer); CREATE FUNCTION below(i integer) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT i < (SELECT max(n) FROM public.limits) $$;
            CREATE TABLE sized (id integer, size integer CONSTRAINT fits CHECK (below(size))); CREATE DOMAIN fitting AS integer CONSTRAINT "It fits" CHECK (below(VALUE)); CREATE TABLE worn (f fitting);
            """;
        await using var old = await Databases.NewAsync(tables + "INSERT INTO orgs VALUES (1), (2); INSERT INTO teams VALUES (1, 1, 2); INSERT INTO limits VALUES (9); INSERT INTO sized VALUES (1, 7); INSERT INTO worn VALUES (8); DELETE FROM limits; INSERT INTO limits VALUES (5)", version);
        await old.ExecuteAsAdminAsync("SET session_replication_role = replica; INSERT INTO teams VALUES (2, 99, 3)");
        await using var target = await Databases.NewAsync(tables, version);
        var before = await DatabaseContent.DefinitionsAsync(target);
        var backup = await old.BackupAsync();

        var refusal = await Databases.RefusesAsync(EngineError.SchemaMismatch, () => backup.RestoreAsync(target, Databases.Options));
        Assert.Contains("public.teams.teams_org_fkey; public.fitting.It fits; public.sized.fits. ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("\"not_valid\": [\"public.teams.teams_org_fkey\", \"public.fitting.It fits\", \"public.sized.fits\"]", refusal.Message, StringComparison.Ordinal);
        DatabaseContent.AssertSame(before, await DatabaseContent.DefinitionsAsync(target));

        var unknown = await Databases.RefusesAsync(
            EngineError.InvalidRequest, () => backup.RestoreAsync(target, Databases.Options with { NotValid = ["public.teams.teams_pkey", "public.teams.other"] }));
        Assert.Contains("public.teams.teams_pkey", unknown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("other", unknown.Message, StringComparison.Ordinal);

        await backup.RestoreAsync(
            target, Databases.Options with { NotValid = ["public.teams.teams_org_fkey", "public.Fitting.\"It fits\"", "public.sized.fits"] });
        DatabaseContent.AssertSame(await DatabaseContent.RowsAsync(old), await DatabaseContent.RowsAsync(target));
        var after = await DatabaseContent.DefinitionsAsync(target);
        Assert.Equal(["fits", "teams_org_fkey"], after.Except(before).Select(static line => line.Split('|')[2]).Order(StringComparer.Ordinal));
        Assert.All(after.Except(before), static line => Assert.Contains("NOT VALID|f", line, StringComparison.Ordinal));
        Assert.Equal(3L, await target.QueryAsync<long>("SELECT count(*) FROM pg_constraint WHERE NOT convalidated"));
    }
}

using System.Globalization;
using Npgsql;

namespace TfeBackup.Benchmarks.Peers.Suites;

/// <summary>Tables of rows, as SQL.</summary>
internal static class RowData
{
    /// <summary>The rows of the suites of rows at full scale: about 770 MB of COPY text.</summary>
    public const int Rows = 4_000_000;

    /// <summary>A table of many rows with a key, an index and a foreign key.</summary>
    public const string Schema = """
        CREATE TABLE workspaces (id integer NOT NULL, name text NOT NULL);
        CREATE TABLE state_versions (
            id bigint NOT NULL, external_id uuid NOT NULL, workspace_id integer NOT NULL, created_at timestamptz NOT NULL, message text NOT NULL, vcs jsonb);
        """;

    private const string Rules = """
        ALTER TABLE workspaces ADD PRIMARY KEY (id);
        ALTER TABLE state_versions ADD PRIMARY KEY (id), ADD CHECK (message <> '');
        CREATE INDEX ON state_versions (workspace_id, created_at);
        ALTER TABLE state_versions ADD FOREIGN KEY (workspace_id) REFERENCES workspaces;
        """;

    /// <summary>An installation with so many rows.</summary>
    public static async Task<BenchInstallation> CreateAsync(Bench bench, int rows)
    {
        var installation = await BenchInstallation.CreateAsync(bench, Schema);
        await ExecuteAsync(installation, "INSERT INTO workspaces SELECT i, 'workspace-' || i FROM generate_series(0, 999) i");
        var half = rows / 2;
        await Task.WhenAll(ExecuteAsync(installation, Insert(1, half)), ExecuteAsync(installation, Insert(half + 1, rows)));
        await ExecuteAsync(installation, Rules);
        await ExecuteAsync(installation, "ANALYZE");
        await installation.Database.Server.CheckpointAsync();
        return installation;
    }

    /// <summary>The same without rows.</summary>
    public static Task<BenchInstallation> CreateTargetAsync(Bench bench) => BenchInstallation.CreateAsync(bench, Schema + Rules);

    /// <summary>Many tables of a few rows each, with a key, an index and a sequence.</summary>
    public static string SmallTables(int tables, bool filled) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        DO $$
        BEGIN
          FOR i IN 1..{{tables}} LOOP
            EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, name text NOT NULL UNIQUE, at timestamptz, CHECK (id > 0))', i);
            EXECUTE format('CREATE INDEX ON t%s (at)', i);
            IF {{(filled ? "true" : "false")}} THEN
              EXECUTE format('INSERT INTO t%s (name, at) SELECT ''row '' || k, timestamptz ''2026-01-01'' + k * interval ''1 hour'' FROM generate_series(1, 10) k', i);
            END IF;
          END LOOP;
        END $$
        """);

    /// <summary>Runs SQL for as long as it takes.</summary>
    public static async Task ExecuteAsync(BenchInstallation installation, string sql)
    {
        await using var connection = new NpgsqlConnection(installation.Database.ConnectionString);
        await connection.OpenAsync();

        // The SQL is made of this class's constants and of numbers.
#pragma warning disable CA2100
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    private static string Insert(int from, int to) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        INSERT INTO state_versions
        SELECT i, md5(i::text)::uuid, i % 1000, timestamptz '2026-01-01' + i * interval '1.37 seconds',
               'Queued by user ' || i % 4001 || ' via ' || left(md5((i % 1777)::text), 12) || ' of branch ' || i % 97,
               format('{"sha": "%s", "n": %s, "ok": %s}', left(md5((i % 3001)::text), 20), i % 100003, (i % 3 = 0)::text)::jsonb
        FROM generate_series({{from}}, {{to}}) i
        """);
}

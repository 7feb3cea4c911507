using Xunit;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>What a backup covers, and that everything a setting names is there.</summary>
public sealed class CoverageTests
{
    private const string Vendor =
        """
        CREATE SCHEMA rails; CREATE SCHEMA vault;
        CREATE TABLE rails.workspaces (id integer PRIMARY KEY); INSERT INTO rails.workspaces VALUES (1);
        CREATE TABLE vault.vault_kv_store (path text PRIMARY KEY, value bytea);
        CREATE TABLE vault.vault_ha_locks (ha_key text PRIMARY KEY);
        """;

    [Fact]
    public async Task By_default_every_schema_but_the_server_s_is_covered()
    {
        await using var database = await Databases.NewAsync(Vendor + "CREATE TABLE other (id integer); CREATE SCHEMA \"pgx\"; CREATE TABLE pgx.t (id integer)");
        await using var snapshot = await database.SnapshotAsync();
        Assert.Equal(["pgx.t", "public.other", "rails.workspaces"], snapshot.Schema.Tables.Select(static table => table.ToString()));
        Assert.Equal(["pgx", "public", "rails", "vault"], snapshot.Schema.Schemas);
    }

    [Fact]
    public async Task The_storage_of_a_Vault_in_the_same_database_is_neither_carried_nor_emptied()
    {
        await using var old = await Databases.NewAsync(Vendor + "INSERT INTO vault.vault_kv_store VALUES ('keyring', '\\x01')");
        await using var target = await Databases.NewAsync(
            Vendor.Replace("INSERT INTO rails.workspaces VALUES (1);", "", StringComparison.Ordinal) + "INSERT INTO vault.vault_kv_store VALUES ('keyring', '\\x02'); INSERT INTO vault.vault_ha_locks VALUES ('l')");

        var backup = await old.BackupAsync(Databases.Options with { Schemas = ["rails", "vault"] });
        Assert.Equal(["vault.vault_ha_locks", "vault.vault_kv_store"], backup.Schema.Excluded);
        await backup.RestoreAsync(target, Databases.Options);

        Assert.Equal("02", await target.QueryAsync<string>("SELECT encode(value, 'hex') FROM vault.vault_kv_store"));
        Assert.Equal(1, await target.QueryAsync<int>("SELECT id FROM rails.workspaces"));
        Assert.Equal("l", await target.QueryAsync<string>("SELECT ha_key FROM vault.vault_ha_locks"));
    }

    [Fact]
    public async Task Tables_outside_the_covered_schemas_stop_a_backup_unless_they_are_excluded_by_name()
    {
        await using var database = await Databases.NewAsync(
            Vendor + "CREATE TABLE kept (id serial); CREATE TABLE rails.parts (id integer) PARTITION BY RANGE (id); CREATE TABLE rails.part PARTITION OF rails.parts DEFAULT; CREATE SEQUENCE rails.tickets");
        var options = Databases.Options with { Schemas = ["public"] };

        var refusal = await Databases.RefusesAsync(EngineError.Unsupported, () => database.SnapshotAsync(options));
        Assert.Contains("table rails.workspaces lies outside the covered schemas", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("partitioned table rails.parts lies outside", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("sequence rails.tickets lies outside", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("vault", refusal.Message, StringComparison.Ordinal);

        foreach (var excluded in new string[][] { ["rails.*"], ["rails.workspaces", "Rails.\"parts\"", "RAILS.Tickets"] })
        {
            await using var snapshot = await database.SnapshotAsync(options with { Excluded = excluded });
            Assert.Equal("public.kept", Assert.Single(snapshot.Schema.Tables).ToString());
        }
    }

    [Fact]
    public async Task Every_name_in_a_setting_has_to_match_something()
    {
        await using var database = await Databases.NewAsync(
            "CREATE TABLE \"Users\" (id integer, \"Secret Key\" text); CREATE TABLE users (secret text); CREATE TABLE \"a.b\" (c text); CREATE TABLE audit (id integer)");
        var options = Databases.Options with
        {
            Excluded = ["public.audit_trial", "publik.*", "public.Audit"],
            BookkeepingTables = ["seeds", "users", "public.\"Users\"", "AUDIT"],
            DeclaredColumns = ["public.users.secrett", "public.users.Secret", "public.Users.Secret Key", "public.\"Users\".\"Secret Key\"", "public.\"a.b\".C", "public.\"open.c"],
        };
        foreach (var attempt in new Func<Task>[] { async () => await database.SnapshotAsync(options), async () => await (await database.BackupAsync()).RestoreAsync(database, options) })
        {
            var refusal = await Databases.RefusesAsync(EngineError.InvalidConfiguration, attempt);
            Assert.Contains(
                "Exclude: public.audit_trial; Exclude: publik.*; BookkeepingTables: seeds; Vault:Columns: public.users.secrett; Vault:Columns: public.\"open.c. Correct",
                refusal.Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_catalogue_s_own_spelling_goes_before_SQL_s()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE \"Users\" (id integer); CREATE TABLE users (id integer)");
        await using var snapshot = await database.SnapshotAsync(Databases.Options with { Excluded = ["public.Users"] });
        Assert.Equal("public.users", Assert.Single(snapshot.Schema.Tables).ToString());
    }

    [Fact]
    public async Task Tables_of_extensions_stop_a_backup_only_where_users_put_rows_into_them()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer)");

        // A member of an extension, declared as its configuration for some rows, as CREATE EXTENSION leaves it.
        await database.ExecuteAsAdminAsync(
            $"""
            CREATE EXTENSION hstore SCHEMA public;
            CREATE TABLE settings (id integer, own boolean); CREATE TABLE internals (id integer); INSERT INTO settings VALUES (1, false); INSERT INTO internals VALUES (1);
            ALTER EXTENSION hstore ADD TABLE settings; ALTER EXTENSION hstore ADD TABLE internals; GRANT SELECT ON settings TO PUBLIC;
            UPDATE pg_extension SET extconfig = ARRAY['settings'::regclass::oid], extcondition = ARRAY['WHERE own'] WHERE extname = 'hstore';
            """);
        await using (var snapshot = await database.SnapshotAsync())
        {
            Assert.Equal("public.t", Assert.Single(snapshot.Schema.Tables).ToString());
            Assert.Equal(["public.internals", "public.settings"], snapshot.Schema.Excluded);
        }

        await database.ExecuteAsAdminAsync("INSERT INTO settings VALUES (2, true)");
        var refusal = await Databases.RefusesAsync(EngineError.Unsupported, () => database.SnapshotAsync());
        Assert.Contains("table public.settings belongs to an extension and holds rows of yours", refusal.Message, StringComparison.Ordinal);
        await using var without = await database.SnapshotAsync(Databases.Options with { Excluded = ["public.settings"] });
        Assert.Single(without.Schema.Tables);
    }

    [Fact]
    public async Task Temporary_children_of_other_sessions_are_theirs_alone()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE runs (id integer PRIMARY KEY); INSERT INTO runs VALUES (1)");
        await using var other = await database.DataSource.OpenConnectionAsync();
        await using var scratch = new Npgsql.NpgsqlCommand("CREATE TEMP TABLE scratch () INHERITS (runs); INSERT INTO scratch VALUES (2)", other);
        await scratch.ExecuteNonQueryAsync();

        var backup = await database.BackupAsync();
        Assert.Equal("1\n", System.Text.Encoding.ASCII.GetString(Assert.Single(backup.Blocks).Data));
        await backup.RestoreAsync(database, Databases.Options, overwrite: true);
        Assert.Equal(1L, await database.QueryAsync<long>("SELECT count(*) FROM ONLY runs"));
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using TfeBackup.Archive.Age;
using TfeBackup.Engine.Objects;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Postgres;
using TfeBackup.TestSupport.Transit;

namespace TfeBackup.TestSupport.Installations;

/// <summary>
/// An installation with data of its own in a real database, a real object store and a Vault with its own keys. Reads its content
/// by other means than the product's.
/// </summary>
public sealed class TestInstallation : IAsyncDisposable
{
    public const string App = "tfe";

    private const string Schema = """
        CREATE TYPE plan AS ENUM ('free', 'business');
        CREATE TABLE schema_migrations (version text PRIMARY KEY);
        INSERT INTO schema_migrations VALUES ('20260101000000');
        CREATE TABLE organizations (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, plan plan NOT NULL, settings jsonb NOT NULL,
            flagship bigint);
        CREATE TABLE workspaces (
            id serial PRIMARY KEY, organization_id bigint NOT NULL REFERENCES organizations ON DELETE CASCADE, name text NOT NULL,
            note text, upper_name text GENERATED ALWAYS AS (upper(name)) STORED);
        ALTER TABLE organizations ADD FOREIGN KEY (flagship) REFERENCES workspaces (id) DEFERRABLE INITIALLY DEFERRED;
        CREATE INDEX workspaces_by_lower_name ON workspaces (lower(name)) WHERE note IS NOT NULL;
        CREATE TABLE variables (
            id uuid PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspaces, key text NOT NULL, value_encrypted text, comment text);
        CREATE TABLE tokens (id int NOT NULL, value_encrypted text) PARTITION BY LIST (id);
        CREATE TABLE tokens_odd PARTITION OF tokens FOR VALUES IN (1, 3, 5, 7, 9);
        CREATE TABLE tokens_even PARTITION OF tokens FOR VALUES IN (2, 4, 6, 8, 10);
        CREATE TABLE audit (at timestamptz NOT NULL, what text) PARTITION BY RANGE (at);
        CREATE TABLE audit_2025 PARTITION OF audit FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE audit_rest PARTITION OF audit DEFAULT;
        CREATE MATERIALIZED VIEW workspace_counts AS SELECT organization_id, count(*) AS n FROM workspaces GROUP BY 1;
        """;

    /// <summary>The setting for backups whose key costs what it does by default; those of tests cost a 256th of it.</summary>
    public static readonly (string Key, string Value) DefaultWorkFactor = ("Installation:WorkFactor", "18");

    private readonly TempFolder _folder = new();

    private TestInstallation(PostgresDatabase database, TransitServer vault, BlobContainerClient? container)
    {
        Database = database;
        Vault = vault;
        Container = container;
        Directory.CreateDirectory(ObjectFolder);
    }

    public PostgresDatabase Database { get; }

    public TransitServer Vault { get; }

    public BlobContainerClient? Container { get; }

    public string ObjectFolder => _folder.Combine("objects");

    public string TokenFile => _folder.Combine("token");

    /// <summary>An installation as it is when new: its tables are there, and empty but for the migrations.</summary>
    public static async Task<TestInstallation> CreateAsync(int postgres = PostgresBinaries.Newest, bool blob = false, PostgresServer? server = null)
    {
        var database = await (server ?? await PostgresServer.SharedAsync(postgres)).CreateDatabaseAsync("installation");
        await database.ExecuteAsync(Schema);
        var container = blob ? await (await AzuriteServer.SharedAsync()).CreateContainerAsync() : null;
        return new TestInstallation(database, await TransitServer.StartAsync(), container);
    }

    /// <summary>An installation that has been in use.</summary>
    public static async Task<TestInstallation> CreateFilledAsync(int postgres = PostgresBinaries.Newest, bool blob = false, PostgresServer? server = null)
    {
        var installation = await CreateAsync(postgres, blob, server);
        await installation.FillAsync();
        return installation;
    }

    /// <summary>Adds about so many bytes of rows to <c>audit</c>, compressible as text is.</summary>
    public async Task PutRowsAsync(long bytes)
    {
        await using var command = Database.DataSource.CreateCommand(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            INSERT INTO audit SELECT timestamptz '2025-06-01' + i * interval '1 second', (SELECT string_agg(md5((i * 31 + k)::text), ' ') FROM generate_series(1, 30) k)
            FROM generate_series(1, {bytes / 1020}) i
            """));
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    public IReadOnlyDictionary<string, string> Settings(params (string Key, string Value)[] further)
    {
        var azurite = Container is null ? null : AzuriteServer.SharedAsync().Result.ConnectionString;
        var settings = new Dictionary<string, string>
        {
            ["Installation:Name"] = Database.Name,
            ["Installation:TokenFile"] = TokenFile,
            ["Installation:Postgres"] = Database.ConnectionString,
            ["Installation:ProductVersion"] = "1.2.3",
            ["Installation:ObjectStore:Kind"] = Container is null ? "Directory" : "AzureBlob",
            [Container is null ? "Installation:ObjectStore:Path" : "Installation:ObjectStore:Container"] = Container?.Name ?? ObjectFolder,
            ["Installation:Vault:Address"] = Vault.Address.ToString(),
            ["Installation:Vault:Token"] = Vault.Token,
            ["Installation:Vault:App"] = App,
            ["Dashboard:Urls"] = "none",
            ["Installation:WorkFactor"] = "10",
        };
        if (azurite is not null)
        {
            settings["Installation:ObjectStore:ConnectionString"] = azurite;
        }

        foreach (var (key, value) in further)
        {
            settings[key] = value;
        }

        return settings;
    }

    public async Task PutObjectAsync(string key, Stream content)
    {
        if (Container is not null)
        {
            await Container.GetBlobClient(key).UploadAsync(content, new BlobUploadOptions { HttpHeaders = new() { ContentType = "application/x-test" } });
            return;
        }

        var path = Path.Combine(ObjectFolder, key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var file = File.Create(path);
        await content.CopyToAsync(file);
    }

    public Task PutObjectAsync(string key, byte[] content) => PutObjectAsync(key, new MemoryStream(content));

    /// <summary>An object as an application encrypts one: an age file whose key Vault has wrapped.</summary>
    public async Task<byte[]> EncryptObjectAsync(byte[] plain)
    {
        var encrypted = new MemoryStream();
        await EncryptObjectAsync(new MemoryStream(plain), encrypted);
        return encrypted.ToArray();
    }

    /// <summary>An object as an application encrypts one: an age file whose key Vault has wrapped.</summary>
    public async Task EncryptObjectAsync(Stream plain, Stream encrypted)
    {
        var fileKey = RandomNumberGenerator.GetBytes(AgeFile.FileKeySize);
        var wrapped = Vault.Encrypt($"{App}_archivist", fileKey);
        var stanza = new AgeStanza("vault-transit", [$"{App}_archivist"], Encoding.ASCII.GetBytes(wrapped));
        await using var age = await AgeFile.CreateEncryptingStreamAsync(encrypted, [stanza], fileKey, CancellationToken.None);
        await plain.CopyToAsync(age);
        await age.CompleteAsync(CancellationToken.None);
    }

    /// <summary>Stores an object of random bytes, encrypted at rest, in constant memory.</summary>
    public async Task PutLargeObjectAsync(string key, long length)
    {
        using var folder = new TempFolder();
        await using var file = File.Create(folder.Combine("encrypted"));
        await EncryptObjectAsync(new RandomStream(length, seed: 1), file);
        file.Position = 0;
        await PutObjectAsync(key, file);
    }

    /// <summary>Every row of every table and every object, each by a digest, exactly as it is stored.</summary>
    public async Task<SortedDictionary<string, string>> StoredContentAsync()
    {
        var content = await RowsAsync((_, value) => value);
        foreach (var key in await KeysAsync())
        {
            await using var stored = await OpenAsync(key);
            content[$"object {key}"] = Convert.ToHexStringLower(await SHA256.HashDataAsync(stored));
        }

        return content;
    }

    /// <summary>Every row and object as the application sees them: decrypted.</summary>
    public async Task<SortedDictionary<string, string>> PlainContentAsync()
    {
        var content = await RowsAsync(Decrypt);
        foreach (var key in await KeysAsync())
        {
            await using var stored = new BufferedStream(await OpenAsync(key), 1 << 20);
            await using var plain = await DecryptObjectAsync(stored);
            content[$"object {key}"] = Convert.ToHexStringLower(await SHA256.HashDataAsync(plain));
        }

        return content;
    }

    /// <summary>The objects' keys, with anything a restore staged.</summary>
    public async Task<List<string>> AllKeysAsync()
    {
        var keys = new List<string>();
        if (Container is not null)
        {
            await foreach (var blob in Container.GetBlobsAsync())
            {
                keys.Add(blob.Name);
            }
        }
        else
        {
            keys.AddRange(Directory.EnumerateFiles(ObjectFolder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(ObjectFolder, path)));
        }

        keys.Sort(StringComparer.Ordinal);
        return keys;
    }

    public async ValueTask DisposeAsync()
    {
        await Vault.DisposeAsync();
        await Database.DisposeAsync();
        _folder.Dispose();
    }

    private async Task FillAsync()
    {
        await Database.ExecuteAsync("""
            INSERT INTO organizations (name, plan, settings)
                SELECT 'organization ' || i, CASE WHEN i % 2 = 0 THEN 'free' ELSE 'business' END::plan, jsonb_build_object('n', i, 'text', E'tab\tand "quote"')
                FROM generate_series(1, 20) i;
            INSERT INTO workspaces (organization_id, name, note)
                SELECT 1 + i % 20, 'workspace-' || i, CASE WHEN i % 3 = 0 THEN E'line\nbreak \\. and vault:v1:bm90IGEgc2VjcmV0 é 漢' END
                FROM generate_series(1, 400) i;
            UPDATE organizations SET flagship = (SELECT min(id) FROM workspaces w WHERE w.organization_id = organizations.id);
            INSERT INTO audit SELECT timestamptz '2025-06-01' + i * interval '1 day', 'event ' || i FROM generate_series(1, 500) i;
            REFRESH MATERIALIZED VIEW workspace_counts;
            """);
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        await using (var writer = await connection.BeginTextImportAsync("COPY variables FROM STDIN"))
        {
            for (var i = 1; i <= 300; i++)
            {
                var value = i % 50 == 0 ? @"\N" : i % 51 == 0 ? "" : Vault.Encrypt($"{App}_variables_value", $"secret {i} \\ \t é");
                await writer.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Guid.NewGuid()}\t{i}\tKEY_{i}\t{value}\tvault:plaintext:{App}_x:YQ== number {i}"));
            }
        }

        for (var i = 1; i <= 10; i++)
        {
            await Database.ExecuteAsync($"INSERT INTO tokens VALUES ({i}, '{Vault.Encrypt($"{App}_tokens_value", $"token {i}")}')");
        }

        for (var i = 0; i < 60; i++)
        {
            var plain = new byte[i * 311];
            new Random(i).NextBytes(plain);
            await PutObjectAsync($"states/{i % 7}/state {i} + 100%.tfstate", await EncryptObjectAsync(plain));
        }

        await PutObjectAsync("settings/short", Encoding.ASCII.GetBytes(Vault.Encrypt($"{App}_archivist", "a short object")));
        await PutObjectAsync("plain/läuft.log", Encoding.UTF8.GetBytes("not encrypted"));
        await PutObjectAsync("empty", []);
    }

    private async Task<SortedDictionary<string, string>> RowsAsync(Func<string, string, string> see)
    {
        var content = new SortedDictionary<string, string>(StringComparer.Ordinal);
        List<string> tables = [];
        await using (var command = Database.DataSource.CreateCommand(
            "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm', 'S')"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        foreach (var table in tables)
        {
            content[$"table {table}"] = table switch
            {
                "variables" => await SecretsAsync(
                    "SELECT concat_ws('|', id, workspace_id, key, comment), value_encrypted FROM variables", value => see($"{App}_variables_value", value)),
                "tokens_odd" or "tokens_even" => await SecretsAsync(
                    $"SELECT id::text, value_encrypted FROM {table}", value => see($"{App}_tokens_value", value)),
                _ => await DigestAsync(table),
            };
        }

        return content;
    }

    /// <summary>The server's own digest of a table, whatever order its rows are in.</summary>
    private async Task<string> DigestAsync(string table)
    {
        // A sequence's log_cnt is no state of its own but how far it is ahead in the write-ahead log.
        var columns = table.EndsWith("_seq", StringComparison.Ordinal) ? "last_value, is_called" : "*";
        await using var command = Database.DataSource.CreateCommand(
            $"SELECT count(*) || ' rows ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM (SELECT {columns} FROM {table}) t");
        command.CommandTimeout = 0;
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private async Task<string> SecretsAsync(string query, Func<string, string> see)
    {
        var rows = new List<string>();
        await using var command = Database.DataSource.CreateCommand(query);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add($"{reader.GetString(0)} {(reader.IsDBNull(1) ? "null" : $"'{see(reader.GetString(1))}'")}");
        }

        rows.Sort(StringComparer.Ordinal);
        return $"{rows.Count} rows {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rows))))}";
    }

    private async Task<IEnumerable<string>> KeysAsync() =>
        (await AllKeysAsync()).Where(key => !key.StartsWith(IObjectStore.ReservedPrefix, StringComparison.Ordinal));

    private async Task<Stream> OpenAsync(string key) =>
        Container is null ? File.OpenRead(Path.Combine(ObjectFolder, key)) : await Container.GetBlobClient(key).OpenReadAsync();

    private string Decrypt(string key, string value) =>
        value.StartsWith("vault:v", StringComparison.Ordinal) ? Encoding.UTF8.GetString(Vault.Decrypt(key, value)) : value;

    private async Task<Stream> DecryptObjectAsync(Stream stored)
    {
        var start = new byte[21];
        var length = await stored.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false);
        stored.Position = 0;
        if (start.AsSpan().StartsWith("vault:v"u8))
        {
            using var reader = new StreamReader(stored, leaveOpen: true);
            return new MemoryStream(Vault.Decrypt($"{App}_archivist", await reader.ReadToEndAsync()));
        }

        if (!start.AsSpan(0, length).StartsWith("age-encryption.org/v1"u8))
        {
            return stored;
        }

        var header = await AgeHeader.ReadAsync(stored, CancellationToken.None);
        var stanza = header.Stanzas.Single();
        var fileKey = Vault.Decrypt(stanza.Arguments.Single(), Encoding.ASCII.GetString(stanza.Body.Span));
        return await AgeFile.CreateDecryptingStreamAsync(header, stored, fileKey, CancellationToken.None);
    }
}

using System.Text;
using TfeBackup.Archive.Age;

namespace TfeBackup.Demo;

/// <summary>Compares two installations: every row, every object, every secret, past the encryption that differs between them.</summary>
internal sealed class Comparison(Installation old, Installation restored, Narrator narrator)
{
    private const int Reported = 5;

    // Some of those that were set are blank, and blank values are not encrypted.
    private const int FewestSecrets = 1_000;

    private const string EncryptedSuffix = "_encrypted";
    private const string TransitPrefix = "vault:v";
    private const string Null = @"\N";

    private readonly List<string> _differences = [];

    /// <summary>Compares the databases.</summary>
    public async Task CompareRowsAsync(CancellationToken cancellationToken)
    {
        var relations = await ListRelationsAsync(old, cancellationToken);
        Say(relations.Select(r => r.Name).SequenceEqual((await ListRelationsAsync(restored, cancellationToken)).Select(r => r.Name)), $"{relations.Count} tables and materialised views on both sides");
        long rows = 0, secrets = 0;
        foreach (var (name, columns) in relations)
        {
            var (rowsHere, secretsHere) = await CompareRelationAsync(name, columns, cancellationToken);
            rows += rowsHere;
            secrets += secretsHere;
        }

        Report($"{rows:N0} rows, column by column");
        Say(secrets >= FewestSecrets, $"{secrets:N0} secrets among them: the same in plain, and different ciphertext in the two databases");
        const string sequences = "SELECT string_agg(sequencename || '=' || coalesce(last_value::text, 'unused'), ', ' ORDER BY sequencename) FROM pg_sequences";
        var counters = await old.Database.QueryAsync<string>(sequences, cancellationToken);
        Say(counters == await restored.Database.QueryAsync<string>(sequences, cancellationToken), $"sequences: {counters}");
    }

    /// <summary>Compares the object stores.</summary>
    public async Task CompareObjectsAsync(CancellationToken cancellationToken)
    {
        var keys = await old.Objects.ListAsync(cancellationToken);

        // Not the service's own record of the restores that it was asked for.
        var keysAfter = (await restored.Objects.ListAsync(cancellationToken)).Where(key => !key.StartsWith(".tfe-backup/", StringComparison.Ordinal)).ToList();
        _differences.AddRange(keys.Except(keysAfter).Select(key => $"object {key} is in the {old.Name} installation only"));
        _differences.AddRange(keysAfter.Except(keys).Select(key => $"object {key} is in the {restored.Name} installation only"));
        Report($"{keys.Count:N0} objects on both sides, by the same keys");
        long bytes = 0;
        var wrapped = 0;
        await Parallel.ForEachAsync(keys.Intersect(keysAfter), cancellationToken, async (key, cancel) =>
        {
            var before = await old.Objects.ReadAsync(key, cancel);
            var after = await restored.Objects.ReadAsync(key, cancel);
            var plain = await DecryptObjectAsync(old, before, cancel);
            Interlocked.Add(ref bytes, plain.Length);
            Interlocked.Add(ref wrapped, IsCiphertext(before) ? 0 : 1);
            if (before.AsSpan().SequenceEqual(after))
            {
                Differ($"object {key} is encrypted by the same key in both installations");
            }

            var plainAfter = await DecryptObjectAsync(restored, after, cancel);
            if (!plain.AsSpan().SequenceEqual(plainAfter))
            {
                Differ($"object {key}");
            }
        });
        Report($"{bytes:N0} bytes of objects in plain, byte by byte ({keys.Count - wrapped:N0} Transit ciphertexts, {wrapped:N0} age files)");
    }

    /// <summary>Compares what the applications serve.</summary>
    public async Task CompareServedAsync(CancellationToken cancellationToken)
    {
        using var before = old.CreateClient(Filling.User, Filling.Password);
        using var after = restored.CreateClient(Filling.User, Filling.Password);
        var workspaces = await before.GetStringAsync("/api/v1/workspaces", cancellationToken);
        Say(workspaces == await after.GetStringAsync("/api/v1/workspaces", cancellationToken), "the applications list the same workspaces");
        await Parallel.ForEachAsync(Filling.Names, cancellationToken, async (name, cancel) =>
        {
            foreach (var path in (string[])[$"/state/{name}", $"/api/v1/workspaces/{name}/variables", $"/api/v1/workspaces/{name}/state-versions"])
            {
                using var first = await before.GetAsync(path, cancel);
                using var second = await after.GetAsync(path, cancel);
                var content = await first.Content.ReadAsByteArrayAsync(cancel);
                var contentAfter = await second.Content.ReadAsByteArrayAsync(cancel);
                if (!first.IsSuccessStatusCode || first.StatusCode != second.StatusCode || !content.AsSpan().SequenceEqual(contentAfter))
                {
                    Differ($"GET {path}: {(int)first.StatusCode} and {(int)second.StatusCode}");
                }
            }
        });
        Report($"state, variables and history of {Filling.Workspaces} workspaces as the applications serve them");
    }

    private static async Task<IReadOnlyList<(string Name, IReadOnlyList<string> Columns)>> ListRelationsAsync(Installation installation, CancellationToken cancellationToken)
    {
        var relations = new List<(string, IReadOnlyList<string>)>();
        await using var command = installation.Database.DataSource.CreateCommand(
            """
            SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'm') GROUP BY c.relname ORDER BY c.relname COLLATE "C"
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            relations.Add((reader.GetString(0), reader.GetFieldValue<string[]>(1)));
        }

        return relations;
    }

    private static async Task<byte[]> DecryptObjectAsync(Installation installation, byte[] stored, CancellationToken cancellationToken)
    {
        if (IsCiphertext(stored))
        {
            return installation.Vault.Decrypt($"{installation.App}_archivist", Encoding.ASCII.GetString(stored));
        }

        using var file = new MemoryStream(stored);
        var header = await AgeHeader.ReadAsync(file, cancellationToken);
        var stanza = header.Stanzas.Single(s => s.Type == "vault-transit");
        var fileKey = installation.Vault.Decrypt($"{installation.App}_archivist", Encoding.ASCII.GetString(stanza.Body.Span));
        await using var payload = await AgeFile.CreateDecryptingStreamAsync(header, file, fileKey, cancellationToken);
        using var plain = new MemoryStream();
        await payload.CopyToAsync(plain, cancellationToken);
        return plain.ToArray();
    }

    private static bool IsCiphertext(byte[] stored) => stored.AsSpan().StartsWith("vault:v"u8);

    private async Task<(long Rows, long Secrets)> CompareRelationAsync(string relation, IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        // Ordered by what is not encrypted, because ciphertext orders differently in the two.
        static string Quote(string name) => $"\"{name}\"";
        var order = string.Join(", ", columns.Where(c => !IsEncrypted(c)).Select(c => $"{Quote(c)}::text COLLATE \"C\""));
        var copy = $"COPY (SELECT {string.Join(", ", columns.Select(Quote))} FROM {Quote(relation)} ORDER BY {order}) TO STDOUT";
        await using var first = await old.Database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var second = await restored.Database.DataSource.OpenConnectionAsync(cancellationToken);
        using var before = await first.BeginTextExportAsync(copy, cancellationToken);
        using var after = await second.BeginTextExportAsync(copy, cancellationToken);
        long rows = 0, secrets = 0;
        while (true)
        {
            var expected = (await before.ReadLineAsync(cancellationToken))?.Split('\t');
            var found = (await after.ReadLineAsync(cancellationToken))?.Split('\t');
            if (expected is null || found is null)
            {
                if (expected is not null || found is not null)
                {
                    Differ($"{relation} has more rows in the {(found is null ? old : restored).Name} installation");
                }

                return (rows, secrets);
            }

            rows++;
            for (var i = 0; i < columns.Count; i++)
            {
                var isSecret = IsEncrypted(columns[i]) && expected[i].StartsWith(TransitPrefix, StringComparison.Ordinal);
                secrets += isSecret ? 1 : 0;
                if (isSecret ? !SameSecret(relation, columns[i], expected[i], found[i]) : expected[i] != found[i])
                {
                    Differ($"{relation}.{columns[i]} in row {rows} (ordered by {columns[0]} …)");
                }
            }
        }
    }

    private static bool IsEncrypted(string column) => column.EndsWith(EncryptedSuffix, StringComparison.Ordinal);

    private bool SameSecret(string table, string column, string expected, string found)
    {
        if (expected == found || found == Null || !found.StartsWith(TransitPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var attribute = column[..^EncryptedSuffix.Length];
        return old.Vault.Decrypt($"{old.App}_{table}_{attribute}", expected).AsSpan()
            .SequenceEqual(restored.Vault.Decrypt($"{restored.App}_{table}_{attribute}", found));
    }

    private void Differ(string what)
    {
        lock (_differences)
        {
            _differences.Add(what);
        }
    }

    private void Say(bool holds, string what) => narrator.Check(holds, what);

    /// <summary>Says whether anything differed since the last report, and what.</summary>
    private void Report(string what)
    {
        narrator.Check(_differences.Count == 0, what);
        foreach (var difference in _differences.Take(Reported))
        {
            narrator.Found($"     differs: {difference}");
        }

        if (_differences.Count > Reported)
        {
            narrator.Found($"     and {_differences.Count - Reported:N0} more");
        }

        _differences.Clear();
    }
}

using System.Text;
using TfeBackup.Archive;
using TfeBackup.Engine.Database;

namespace TfeBackup.TestSupport.Operations;

/// <summary>What an installation holds, small enough to write down, and a backup of it in our own format.</summary>
public sealed class DrillContent
{
    /// <summary>Tables by name: columns, and rows as COPY text without line ends.</summary>
    public Dictionary<string, (string[] Columns, string[] Rows)> Tables { get; } = new()
    {
        ["workspaces"] = (["id", "name"], ["1\tnetwork", "2\tdns", "3\t\\N", "3\t\\N"]),
        ["variables"] = (["id", "workspace", "value"], ["1\t2\tvault:plaintext:tfe_variables_value:YQ==", "2\t2\t" + new string('x', 5_000)]),
        ["empty"] = (["id"], []),
    };

    public Dictionary<string, string> Objects { get; } = new() { ["states/1"] = "one", ["states/2"] = "two", ["ä"] = "three" };

    public long Sequence { get; set; } = 3;

    /// <summary>How many bytes a part has at most; rows are broken where they fall.</summary>
    public int PartSize { get; set; } = 1_000_000;

    public async Task<Stream> BackUpAsync(string password, bool skipObjects = false)
    {
        var file = new MemoryStream();
        var info = new BackupInfo
        {
            Id = Guid.NewGuid().ToString(),
            Created = new DateTimeOffset(2026, 11, 22, 3, 0, 0, TimeSpan.Zero),
            Installation = "any",
            ProductVersion = "v202611-1",
            PostgresVersion = "15.8",
            ObjectsIncluded = !skipObjects,
        };
        await using (var writer = await ArchiveWriter.CreateAsync(file, password, info, new ArchiveWriterOptions { WorkFactor = 4 }, default))
        {
            var schema = new DatabaseSchema
            {
                ServerVersion = "15.8",
                Schemas = ["public"],
                Tables = [.. Tables.Select(table => new TableSchema
                {
                    Schema = "public",
                    Name = table.Key,
                    Columns = [.. table.Value.Columns.Select(column => new ColumnSchema { Name = column, Type = "text" })],
                })],
                Sequences = [],
                Fingerprint = "",
            };
            await writer.WriteSchemaAsync(DatabaseJson.Write(schema.WithFingerprint()), default);
            foreach (var (name, (_, rows)) in Tables)
            {
                var text = Encoding.UTF8.GetBytes(string.Concat(rows.Select(row => row + "\n")));
                for (var at = 0; at < text.Length || at == 0; at += PartSize)
                {
                    await writer.WritePartAsync("public", name, text.AsMemory(at, Math.Min(PartSize, text.Length - at)), default);
                }
            }

            var sequences = new SequenceStates
            {
                Sequences = [new SequenceState { Schema = "public", Name = "workspaces_id_seq", LastValue = Sequence, IsCalled = true }],
            };
            await writer.WriteSequencesAsync(DatabaseJson.Write(sequences), default);
            foreach (var (key, content) in Objects.OrderBy(item => item.Key, StringComparer.Ordinal).Where(_ => !skipObjects))
            {
                var bytes = Encoding.UTF8.GetBytes(content);
                await writer.WriteObjectAsync(new ArchiveObject(key, bytes.Length), new MemoryStream(bytes), default);
            }

            await writer.CompleteAsync(default);
        }

        file.Position = 0;
        return file;
    }
}

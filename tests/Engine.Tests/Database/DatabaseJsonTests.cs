using System.Text;
using System.Text.Json.Nodes;
using TfeBackup.Archive;
using TfeBackup.Engine.Database;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

public sealed class DatabaseJsonTests
{
    [Fact]
    public async Task What_is_written_reads_as_the_same()
    {
        await using var database = await Databases.NewAsync(InstallationSql.Definitions(18));
        var backup = await database.BackupAsync(Databases.InstallationOptions with { Excluded = ["public.no_key"] });
        Assert.Equal(backup.SchemaJson, DatabaseJson.Write(backup.Schema));
        Assert.Equal(backup.SequencesJson, DatabaseJson.Write(backup.Sequences));
        Assert.Contains("Grüße", Encoding.UTF8.GetString(backup.SchemaJson), StringComparison.Ordinal);
        Assert.Equal(["public.no_key"], backup.Schema.Excluded);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"serverVersion\":\"15\",\"schemas\":[\"public\"],\"tables\":[],\"sequences\":[]}")]
    [InlineData("{\"serverVersion\":\"15\",\"serverVersion\":\"16\",\"schemas\":[\"public\"],\"tables\":[],\"sequences\":[],\"fingerprint\":\"\"}")]
    public void A_schema_that_is_none_is_refused(string json)
    {
        var refusal = Assert.Throws<EngineException>(() => DatabaseJson.ReadSchema(Encoding.UTF8.GetBytes(json)));
        Assert.Equal(EngineError.Corrupt, refusal.Error);
        Assert.Contains("database/schema.json", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_is_no_longer_read_nor_written_than_a_backup_holds()
    {
        var json = new byte[ArchiveLimits.DescriptionBytes + 1];
        json.AsSpan().Fill((byte)' ');
        var refused = Assert.Throws<EngineException>(() => DatabaseJson.ReadSchema(json));
        Assert.Equal(EngineError.Corrupt, refused.Error);
        Assert.Contains("67108865 bytes long", refused.Message, StringComparison.Ordinal);

        var unsupported = Assert.Throws<EngineException>(
            () => DatabaseJson.Write(Sample() with { Fingerprint = new string('0', ArchiveLimits.DescriptionBytes) }));
        Assert.Equal(EngineError.Unsupported, unsupported.Error);
        Assert.Contains("more than the 67108864 that a backup can hold", unsupported.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_that_was_tampered_with_is_refused()
    {
        Action<JsonNode>[] changes =
        [
            static json => json["tables"]![0]!["name"] = null,
            static json => json["tables"]![0]!["name"] = "",
            static json => json["tables"]![0]!["name"] = "nul\0",
            static json => json["tables"]![0]!["name"] = new string('x', 2000),
            static json => json["tables"]![0]!["name"] = "other",
            static json => json["tables"]![0]!["columns"]![0]!["type"] = "text",
            static json => json["tables"]![0]!["columns"]![0]!["name"] = null,
            static json => json["tables"]![0]!["columns"]!.AsArray().Add(null),
            static json => json["tables"]![0]!["columns"]!.AsArray().Add(json["tables"]![0]!["columns"]![0]!.DeepClone()),
            static json => json["tables"]!.AsArray().Add(json["tables"]![0]!.DeepClone()),
            static json => json["tables"]!.AsArray().Add(null),
            static json => json["tables"] = null,
            static json => json["tables"] = "all",
            static json => json["sequences"]!.AsArray().Add(json["sequences"]![0]!.DeepClone()),
            static json => json["types"]![0]!["members"]!.AsArray().Add(null),
            static json => json["types"]![0]!["members"] = new JsonArray("a"),
            static json => json["schemas"] = new JsonArray(),
            static json => json["schemas"]!.AsArray().Add("public"),
            static json => json["excluded"] = new JsonArray(null, "x"),
            static json => json["fingerprint"] = "0",
            static json => json["fingerprint"] = null,
        ];
        var good = DatabaseJson.Write(Sample());
        Assert.Equal(good, DatabaseJson.Write(DatabaseJson.ReadSchema(good)));
        foreach (var change in changes)
        {
            var json = JsonNode.Parse(good)!;
            change(json);
            var refusal = Assert.Throws<EngineException>(() => DatabaseJson.ReadSchema(Encoding.UTF8.GetBytes(json.ToJsonString())));
            Assert.Equal(EngineError.Corrupt, refusal.Error);
        }

        // A lone surrogate is no text; the writer cannot even make it.
        var surrogate = Encoding.UTF8.GetString(good).Replace("\"mood\"", "\"\\ud83d\"", StringComparison.Ordinal);
        Assert.Throws<EngineException>(() => DatabaseJson.ReadSchema(Encoding.UTF8.GetBytes(surrogate)));
        Assert.Throws<EngineException>(() => DatabaseJson.ReadSchema(good.AsSpan(0, good.Length / 2)));
        Assert.Throws<EngineException>(() => DatabaseJson.ReadSchema([.. good, (byte)'x']));
    }

    [Fact]
    public void Sequences_that_are_none_are_refused()
    {
        const string one = "{\"schema\":\"public\",\"name\":\"s\",\"lastValue\":1,\"isCalled\":true}";
        Assert.Single(DatabaseJson.ReadSequences(Encoding.UTF8.GetBytes($"{{\"sequences\":[{one}]}}")).Sequences);
        foreach (var json in new[]
        {
            "{}", "{\"sequences\":null}", "{\"sequences\":[null]}", $"{{\"sequences\":[{one},{one}]}}", $"{{\"sequences\":[{one.Replace("1", "9223372036854775808", StringComparison.Ordinal)}]}}",
            $"{{\"sequences\":[{one.Replace(",\"isCalled\":true", "", StringComparison.Ordinal)}]}}",
        })
        {
            var refusal = Assert.Throws<EngineException>(() => DatabaseJson.ReadSequences(Encoding.UTF8.GetBytes(json)));
            Assert.Equal(EngineError.Corrupt, refusal.Error);
        }
    }

    private static DatabaseSchema Sample() =>
        new DatabaseSchema
        {
            ServerVersion = "15.18",
            Schemas = ["public"],
            Tables = [new TableSchema { Schema = "public", Name = "t", Columns = [new ColumnSchema { Name = "id", Type = "integer" }] }],
            Sequences = [new SequenceSchema { Schema = "public", Name = "s", Type = "bigint" }],
            Types = [new TypeSchema { Schema = "public", Name = "mood", Kind = "enum", Members = ["a", "b"] }],
            Fingerprint = "",
        }.WithFingerprint();
}

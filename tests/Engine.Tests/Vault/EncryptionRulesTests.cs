using TfeBackup.Engine.Database;
using TfeBackup.Engine.Vault;
using Xunit;

namespace TfeBackup.Engine.Tests.Vault;

public sealed class EncryptionRulesTests
{
    private static readonly EncryptionRules Rules = new(
        "atlas",
        new Dictionary<string, string> { ["public.settings.value"] = "atlas_settings", ["public.vars.note_encrypted"] = "" },
        null,
        objectsEncrypted: true);

    [Theory]
    [InlineData("vars", "value_encrypted", "atlas_vars_value")]
    [InlineData("vars", "value", null)]
    [InlineData("vars", "_encrypted", null)]
    [InlineData("vars", "note_encrypted", null)]
    [InlineData("settings", "value", "atlas_settings")]
    public void A_column_has_the_key_of_the_convention_or_of_its_declaration(string table, string column, string? key) =>
        Assert.Equal(key, Rules.ColumnKey("public", table, column));

    [Fact]
    public void Objects_have_the_convention_s_key_unless_configured()
    {
        Assert.Equal("atlas_archivist", Rules.ObjectKey);
        Assert.Equal("mine", new EncryptionRules(null, new Dictionary<string, string>(), "mine", true).ObjectKey);
    }

    [Fact]
    public void Without_vault_nothing_is_encrypted()
    {
        Assert.Null(EncryptionRules.None.ColumnKey("public", "vars", "value_encrypted"));
        Assert.False(EncryptionRules.None.ObjectsEncrypted);
    }

    [Theory]
    [InlineData("a:b", "public.t.c", "k", "o")]
    [InlineData("a", "t.c", "k", "o")]
    [InlineData("a", "public.t.c", "k\"", "o")]
    [InlineData("a", "public.t.c", "k", "o/p")]
    [InlineData("a", "public.t.c", "k-", "o")]
    public void Names_that_vault_cannot_have_are_refused(string app, string column, string key, string objectKey)
    {
        var failure = Assert.Throws<EngineException>(
            () => new EncryptionRules(app, new Dictionary<string, string> { [column] = key }, objectKey, true));
        Assert.Equal(EngineError.InvalidRequest, failure.Error);
        Assert.Contains("Vault:", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_encrypted_store_needs_a_key() =>
        Assert.Throws<EngineException>(() => new EncryptionRules(null, new Dictionary<string, string>(), null, true));

    [Fact]
    public void A_target_that_lacks_a_column_s_key_is_told_which()
    {
        DatabaseSchema schema = new()
        {
            ServerVersion = "18.0",
            Schemas = ["public"],
            Sequences = [],
            Fingerprint = "",
            Tables =
            [
                new TableSchema { Schema = "public", Name = "vars", Columns = [new ColumnSchema { Name = "value_encrypted", Type = "text", TransitKey = "x" }] },
                new TableSchema { Schema = "public", Name = "other", Columns = [new ColumnSchema { Name = "odd", Type = "text", TransitKey = "x" }] },
            ],
        };
        var failure = Assert.Throws<EngineException>(() => EncryptionRules.CheckCovers(schema, Rules.ColumnKey));
        Assert.Equal(EngineError.SchemaMismatch, failure.Error);
        Assert.Contains("public.other.odd", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("vars", failure.Message, StringComparison.Ordinal);
    }
}

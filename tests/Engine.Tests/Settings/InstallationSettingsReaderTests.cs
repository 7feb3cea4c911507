using TfeBackup.Engine.Settings;
using Xunit;

namespace TfeBackup.Engine.Tests.Settings;

public sealed class InstallationSettingsReaderTests
{
    [Theory]
    [InlineData("public.legacy data.blob_encrypted", "none", "")]
    [InlineData("public.legacy data.blob_encrypted", "", "")]
    [InlineData("public.\"a.b\".blob_encrypted", "none", "")]
    [InlineData("public.t.c", "atlas_t", "atlas_t")]
    public void A_column_has_a_key_or_none(string column, string value, string key)
    {
        var (settings, faults) = Read(($"Vault:Columns:{column}", value));
        Assert.Empty(faults);
        Assert.Equal(key, settings.Vault!.Columns[column]);
        Assert.Empty(settings.Schemas);
    }

    [Theory]
    [InlineData("Vault:Columns:t.c", "k", "Installation:Vault:Columns: found 't.c'; expected entries of the form schema.table.column = Transit key, or none.")]
    [InlineData("Exclude:0", "audit", "Installation:Exclude: found 'audit'; expected names of the form schema.relation, or schema.* for a whole schema.")]
    [InlineData("Exclude", "audit.log", "Installation:Exclude: found 'audit.log'; expected a list.")]
    [InlineData("Exclude:0:Name", "audit.log", "Installation:Exclude:0 is a section; expected a single value.")]
    [InlineData("Vault:Mout", "t", "Installation:Vault:Mout is not a setting; did you mean 'Mount'? Installation:Vault has ")]
    [InlineData("Postgres:Host", "h", "Installation:Postgres is a section; expected a single value.")]
    [InlineData("Vault", "x-secret", "Installation:Vault is a single value; expected a section.")]
    [InlineData("Vault:Address", "http://u:x-secret@vault", "Installation:Vault:Address: expected https://host[:port], without user or password.")]
    public void A_fault_is_named(string setting, string value, string fault)
    {
        Assert.StartsWith(fault, Assert.Single(Read((setting, value)).Faults), StringComparison.Ordinal);
        Assert.DoesNotContain("x-secret", fault, StringComparison.Ordinal);
    }

    private static (InstallationSettings Settings, IReadOnlyList<string> Faults) Read((string Key, string Value) setting)
    {
        var values = new Dictionary<string, string?>
        {
            ["Postgres"] = "Host=h;Database=d",
            ["ObjectStore:Kind"] = "Directory",
            ["ObjectStore:Path"] = Path.GetTempPath(),
            ["Vault:Address"] = "http://vault.example",
            ["Vault:Token"] = "t",
            ["Vault:App"] = "atlas",
            [setting.Key] = setting.Value,
        };
        var document = new SettingsDocument(values.Select(pair => KeyValuePair.Create($"Installation:{pair.Key}", pair.Value)));
        var settings = InstallationSettingsReader.Read(document.Root.Section("Installation"), SettingsForm.WithSecrets, "tfe");
        return (settings, document.FindFaults());
    }
}

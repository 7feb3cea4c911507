using TfeBackup.TestSupport.Processes;
using Xunit;

namespace TfeBackup.TestSupport.Tests.SampleInstallation;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("Sample:Postgres", "", "Sample:Postgres")]
    [InlineData("Sample:ObjectStore:Kind", "Tape", "Sample:ObjectStore:Kind")]
    [InlineData("Sample:ObjectStore:Path", "/nowhere", "Sample:ObjectStore:Path")]
    [InlineData("Sample:Vault:Address", "vault", "Sample:Vault:Address")]
    [InlineData("Sample:Vault:Token", "", "Sample:Vault:TokenFile")]
    [InlineData("Sample:Vault:App", "", "Sample:Vault:App")]
    public async Task A_wrong_setting_stops_the_start_by_its_name(string setting, string value, string named)
    {
        var settings = new Dictionary<string, string>
        {
            ["Sample:Postgres"] = "Host=127.0.0.1",
            ["Sample:ObjectStore:Kind"] = "Directory",
            ["Sample:ObjectStore:Path"] = AppContext.BaseDirectory,
            ["Sample:Vault:Address"] = "http://127.0.0.1:8200",
            ["Sample:Vault:Token"] = "token",
            ["Sample:Vault:App"] = "sample",
            [setting] = value,
        };

        await using var app = await AppProcess.LaunchAsync(SampleApp.Assembly, settings);

        Assert.Equal(2, await app.Exited.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains(named, app.ReadLog(), StringComparison.Ordinal);
    }
}

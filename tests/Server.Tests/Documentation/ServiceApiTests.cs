using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests.Documentation;

/// <summary>Runs every command of <c>docs/service-api.md</c>, in order: a backup of one installation, its restore into another, and the control of that one's application.</summary>
public sealed class ServiceApiTests
{
    [ToolsFact("bash", "curl")]
    public async Task An_installation_is_moved_by_the_page_s_commands()
    {
        await using var old = await TestInstallation.CreateFilledAsync();
        await using var fresh = await TestInstallation.CreateAsync();
        await using var oldService = await BackupService.StartAsync(old);
        File.Copy(old.TokenFile, fresh.TokenFile);
        await using var newService = await BackupService.StartAsync(fresh, Application);
        using var folder = new TempFolder();
        foreach (var body in (string[])["payload.json", "request.json"])
        {
            await File.WriteAllTextAsync(folder.Combine(body), BackupService.Document(BackupService.Password));
        }

        const string api = "https://tfe.example.com/_backup/api/v1";
        await DocumentedScript.RunAsync(
            "service-api.md",
            folder,
            new Dictionary<string, string?> { ["TOKEN"] = oldService.Token },
            commands => commands.Replace($"{api}/backup", $"{oldService.Process.Address}_backup/api/v1/backup", StringComparison.Ordinal)
                .Replace(api, $"{newService.Process.Address}_backup/api/v1", StringComparison.Ordinal)
                .Replace("curl ", "curl --fail-with-body ", StringComparison.Ordinal));

        Assert.Equal(await old.PlainContentAsync(), await fresh.PlainContentAsync());
    }

    // An application that stops and starts at once.
    private static (string Key, string Value)[] Application =>
    [
        ("Installation:Application:Kind", "Command"),
        ("Installation:Application:Stop:0", "true"),
        ("Installation:Application:Status:0", "true"),
        ("Installation:Application:Start:0", "true"),
    ];
}

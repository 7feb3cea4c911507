using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests.Support;

/// <summary>A new installation and its service, for tests that only talk.</summary>
public sealed class SmallInstallation : IAsyncLifetime
{
    public TestInstallation Installation { get; private set; } = null!;

    public BackupService Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Installation = await TestInstallation.CreateAsync();
        Service = await BackupService.StartAsync(Installation);
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Installation.DisposeAsync();
    }
}

using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests.Support;

/// <summary>A backup, and a filled target that is to refuse every spoilt form of it. Tests leave the target as it is.</summary>
public sealed class RefusalFixture : IAsyncLifetime
{
    public TestInstallation Source { get; private set; } = null!;

    public TestInstallation Target { get; private set; } = null!;

    public BackupService SourceService { get; private set; } = null!;

    public BackupService TargetService { get; private set; } = null!;

    public byte[] Backup { get; private set; } = [];

    public SortedDictionary<string, string> Before { get; private set; } = [];

    public List<string> KeysBefore { get; private set; } = [];

    public async Task InitializeAsync()
    {
        Source = await TestInstallation.CreateFilledAsync();
        Target = await TestInstallation.CreateFilledAsync(blob: true);
        SourceService = await BackupService.StartAsync(Source);
        TargetService = await BackupService.StartAsync(Target);
        Backup = await SourceService.BackupAsync();
        Before = await Target.StoredContentAsync();
        KeysBefore = await Target.AllKeysAsync();
    }

    public async Task DisposeAsync()
    {
        await TargetService.DisposeAsync();
        await SourceService.DisposeAsync();
        await Target.DisposeAsync();
        await Source.DisposeAsync();
    }
}

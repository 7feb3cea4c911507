using Xunit;

namespace TfeBackup.TestSupport.Tests.SampleInstallation;

/// <summary>The two applications that a class's tests share, each test with workspaces of its own.</summary>
public sealed class SampleAppFixture : IAsyncLifetime
{
    private SampleApp _directory = null!;
    private SampleApp _container = null!;

    public SampleApp this[string store] => store == "directory" ? _directory : _container;

    public async Task InitializeAsync()
    {
        var container = SampleApp.StartAsync(inContainer: true);
        _directory = await SampleApp.StartAsync();
        _container = await container;
    }

    public async Task DisposeAsync()
    {
        await _directory.DisposeAsync();
        await _container.DisposeAsync();
    }
}

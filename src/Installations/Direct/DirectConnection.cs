using TfeBackup.Engine;

namespace TfeBackup.Installations.Direct;

/// <summary>The parts of an installation, for one call.</summary>
internal sealed class DirectConnection(Installation installation) : IAsyncDisposable
{
    public Installation Installation => installation;

    public async ValueTask DisposeAsync()
    {
        installation.Transit?.Dispose();
        await installation.DataSource.DisposeAsync();
    }
}

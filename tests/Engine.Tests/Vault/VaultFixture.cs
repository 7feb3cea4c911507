using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Engine.Vault;
using TfeBackup.TestSupport.Transit;

namespace TfeBackup.Engine.Tests.Vault;

/// <summary>A Transit server of its own, and clients of it.</summary>
public sealed class VaultFixture : IAsyncDisposable
{
    private VaultFixture(TransitServer server) => Server = server;

    public TransitServer Server { get; }

    public static async Task<VaultFixture> StartAsync() => new(await TransitServer.StartAsync());

    public TransitClient Client(Func<TransitOptions, TransitOptions>? change = null, TimeProvider? time = null)
    {
        TransitOptions options = new() { Address = Server.Address, Token = Server.Token };
        return new TransitClient(change?.Invoke(options) ?? options, time ?? TimeProvider.System, NullLogger.Instance, new Random(1));
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

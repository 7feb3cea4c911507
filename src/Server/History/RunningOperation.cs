using System.Security.Cryptography;
using TfeBackup.Server.Api;

namespace TfeBackup.Server.History;

/// <summary>A backup or restore that this service works on.</summary>
/// <param name="name"><c>backup</c> or <c>restore</c>.</param>
/// <param name="since">When it began.</param>
/// <param name="ended">Called when it is over.</param>
internal sealed class RunningOperation(string name, DateTimeOffset since, Action<RunningOperation> ended) : IDisposable
{
    private ClientStream? _stream;

    public string Id { get; } = RandomNumberGenerator.GetHexString(16, lowercase: true);

    public string Name => name;

    public DateTimeOffset Since => since;

    /// <summary>How many bytes its client has sent or taken.</summary>
    public long Bytes => _stream?.Transferred ?? 0;

    /// <summary>Counts from now on what goes through a stream.</summary>
    public ClientStream Follow(ClientStream stream) => _stream = stream;

    public void Dispose() => ended(this);
}

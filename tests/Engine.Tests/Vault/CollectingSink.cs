using System.Text;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine.Tests.Vault;

/// <summary>The end of a chain of sinks.</summary>
internal sealed class CollectingSink : ICopySink
{
    private readonly MemoryStream _data = new();

    public int Calls { get; private set; }

    public int Longest { get; private set; }

    public string Text => Encoding.UTF8.GetString(_data.ToArray());

    public async ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        Calls++;
        Longest = Math.Max(Longest, data.Length);
        await _data.WriteAsync(data, cancellationToken);
    }
}

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DurableTask.Sqlite;

/// <summary>The services of one host: a worker and a client of the same file share one, so that each sees at once what the other does.</summary>
internal sealed class SharedServices(IOptionsMonitor<SqliteOrchestrationOptions> options, ILoggerFactory loggerFactory) : IDisposable, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SqliteOrchestrationService> _services = new(StringComparer.Ordinal);

    public SqliteOrchestrationService ForClient(string name)
    {
        var wanted = options.Get(name);
        var path = Path.GetFullPath(wanted.Path);
        lock (_gate)
        {
            if (!_services.TryGetValue(path, out var service))
            {
                _services[path] = service = new SqliteOrchestrationService(wanted, loggerFactory);
            }

            return service;
        }
    }

    /// <summary>Takes the worker's options, even if a client was created first.</summary>
    public SqliteOrchestrationService ForWorker(string name)
    {
        var service = ForClient(name);
        service.Options = options.Get(name);
        return service;
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services.Values)
        {
            await service.DisposeAsync();
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using DurableTask.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Testing.Sidecar;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Newtonsoft.Json;
using TfeBackup.Operations;

namespace TfeBackup.Functions.Tests.Runtime;

/// <summary>
/// Durable Task in this process: its engine, its hub and a worker that speaks to it over gRPC. The worker can be taken away, in the middle
/// of its activities, and be followed by another.
/// </summary>
internal sealed class DurableHub : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly Func<IOrchestrationService> _create;
    private readonly Action<DurableTaskRegistry, CancellationToken> _register;
    private readonly Action<IServiceCollection>? _services;
    private IOrchestrationService _service = null!;
    private LeasedWork _work = null!;
    private WebApplication _sidecar = null!;
    private IHost _worker = null!;
    private GrpcChannel _channel = null!;
    private CancellationTokenSource _stopping = null!;
    private int _running;

    private DurableHub(
        Action<DurableTaskRegistry, CancellationToken> register, Func<IOrchestrationService> create, Action<IServiceCollection>? services)
    {
        _register = register;
        _create = create;
        _services = services;
    }

    /// <summary>The histories as the hub keeps them, by instance.</summary>
    public ConcurrentDictionary<string, string> Histories { get; } = new(StringComparer.Ordinal);

    /// <summary>The client of the worker that there is now.</summary>
    public DurableTaskClient Client { get; private set; } = null!;

    /// <summary>Starts a hub with one worker.</summary>
    /// <param name="register">Says what the worker knows; the token is cancelled when it is taken away.</param>
    /// <param name="create">Opens what the hub keeps everything in, for each worker; in memory where null.</param>
    /// <param name="services">Adds what the worker's tasks need.</param>
    public static async Task<DurableHub> StartAsync(
        Action<DurableTaskRegistry, CancellationToken> register,
        Func<IOrchestrationService>? create = null,
        Action<IServiceCollection>? services = null)
    {
        var memory = new InMemoryOrchestrationService();
        var hub = new DurableHub(register, create ?? (() => memory), services);
        await hub.StartAsync();
        return hub;
    }

    /// <summary>Runs an activity of the worker. One that the worker's end breaks off never answers, as it would not from a dead process.</summary>
    public async Task<T> RunActivityAsync<T>(Func<Task<T>> activity, CancellationToken stopping)
    {
        Interlocked.Increment(ref _running);
        try
        {
            return await activity();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Below.
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }

        await Task.Delay(Timeout.Infinite, CancellationToken.None);
        throw new UnreachableException();
    }

    /// <summary>Takes the worker away, and lets another one go on.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StartAsync()
    {
        _service = _create();
        (var service, _work) = LeasedWork.Over(_service);
        _work.Saved = state => Histories[state.OrchestrationInstance!.InstanceId] = JsonConvert.SerializeObject(state.Events);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(
            kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(service).AddSingleton((IOrchestrationServiceClient)_service).AddSingleton<TaskHubGrpcServer>();
        _sidecar = builder.Build();
        _sidecar.MapGrpcService<TaskHubGrpcServer>();

        // It listens for the start of the application, so it has to be there before.
        _ = _sidecar.Services.GetRequiredService<TaskHubGrpcServer>();
        await _sidecar.StartAsync();
        _channel = GrpcChannel.ForAddress(_sidecar.Urls.Single());
        _stopping = new CancellationTokenSource();
        var stopping = _stopping.Token;
        var converter = new JsonDataConverter(HistoryJson.Options);
        _worker = new HostBuilder()
            .ConfigureServices(services => _services?.Invoke(services))
            .ConfigureServices(services => services
                .AddDurableTaskWorker(worker => worker
                    .UseGrpc(_channel)
                    .Configure(options => options.DataConverter = converter)
                    .AddTasks(registry => _register(registry, stopping)))
                .AddDurableTaskClient(client =>
                {
                    client.UseGrpc(_channel).Configure(options => options.DataConverter = converter);
                    client.RegisterDirectly();
                }))
            .Build();
        await _worker.StartAsync();
        Client = _worker.Services.GetRequiredService<DurableTaskClient>();
    }

    private async Task StopAsync()
    {
        await _work.StopAsync(Deadline);
        await _stopping.CancelAsync();
        await TestSupport.WaitFor.ConditionAsync(() => Volatile.Read(ref _running) == 0, "the activities to notice", Deadline);
        await _worker.StopAsync();
        _worker.Dispose();
        await _work.GiveBackAsync();
        await _sidecar.StopAsync();
        await _sidecar.DisposeAsync();

        // The sidecar would only do so once every activity has been answered for, and keep on fetching from the hub meanwhile.
        await _service.StopAsync(isForced: true);
        _channel.Dispose();
        _stopping.Dispose();
    }
}

using System.Globalization;
using System.Reflection;
using DurableTask.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TfeBackup.Functions.Composition;
using TfeBackup.Functions.Durable;
using TfeBackup.Functions.Functions;
using TfeBackup.Functions.Http;
using TfeBackup.Functions.Tests.Api;
using TfeBackup.Functions.Tests.Runtime;
using TfeBackup.TestSupport;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Functions.Tests;

/// <summary>
/// The app's functions as the host would call them: those of orchestrations and activities by the Durable Task engine, those with an HTTP trigger by a
/// web server that has their routes.
/// </summary>
internal sealed class FunctionsApp : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    private readonly WebApplication _web;
    private readonly Interruptions? _interruptions;

    private FunctionsApp(WebApplication web, DurableHub hub, Interruptions? interruptions)
    {
        _web = web;
        _interruptions = interruptions;
        Hub = hub;
        Http = new HttpClient(new DescribedAnswers()) { BaseAddress = new Uri(web.Urls.Single()), Timeout = Deadline };
    }

    public DurableHub Hub { get; }

    public HttpClient Http { get; }

    public BackupApp App => _web.Services.GetRequiredService<BackupApp>();

    public IWorkflowClient Client => new DurableWorkflowClient(Hub.Client);

    /// <summary>Starts an app.</summary>
    /// <param name="compose">Makes it; its clients of the task hub are given.</param>
    /// <param name="loggers">Takes its logs.</param>
    /// <param name="interruptions">When its worker is taken away.</param>
    /// <param name="store">Where its task hub keeps everything; in memory where null.</param>
    /// <param name="around">Runs an activity by name, as it likes.</param>
    /// <param name="port">Where the web server listens.</param>
    public static async Task<FunctionsApp> StartAsync(
        Func<DurableClients, BackupApp> compose,
        ILoggerFactory loggers,
        Interruptions? interruptions = null,
        IOrchestrationService? store = null,
        Func<string, Func<Task<string>>, Task<string>>? around = null,
        int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<DurableClients>().AddSingleton<ApiCalls>();
        var runner = new DurableActivityRunner(TimeProvider.System, loggers.CreateLogger<DurableActivityRunner>())
        {
            WatchInterval = TimeSpan.FromMilliseconds(200),
        };
        builder.Services.AddSingleton(runner);
        builder.Services.AddSingleton(provider => compose(provider.GetRequiredService<DurableClients>()));
        var web = builder.Build();
        DurableHub? hub = null;
        hub = await DurableHub.StartAsync(
            (registry, stopping) => Register(
                registry,
                web.Services,
                () => hub!,
                (name, run) => interruptions?.RunAsync(name, run, hub!, stopping) ?? around?.Invoke(name, run) ?? run(),
                stopping),
            store);
        MapFunctions(web, () => hub.Client);
        await web.StartAsync();
        return new FunctionsApp(web, hub, interruptions);
    }

    /// <summary>Ticks the timer.</summary>
    public Task TickAsync() =>
        ActivatorUtilities.CreateInstance<ScheduleFunction>(_web.Services).RunAsync(new TimerInfo(), Hub.Client, default);

    public async Task<WorkflowInstance> EndAsync(string id)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            try
            {
                return await Client.WaitAsync(id, deadline.Token);
            }
            catch (Exception e) when (e is Grpc.Core.RpcException or ObjectDisposedException && _interruptions is not null)
            {
                // Between two workers there is no hub to ask.
                await Task.Delay(10, deadline.Token);
            }
        }
    }

    /// <summary>Waits until an operation waits for an operator.</summary>
    public async Task<OperationWait> WaitingAsync(string id)
    {
        OperationWait? wait = null;
        await WaitFor.ConditionAsync(
            async () =>
            {
                var instance = await Client.FindAsync(id, default);
                Assert.Equal(WorkflowState.Running, instance!.State);
                wait = OperationService.ReadStatus(instance)?.Waiting;
                return wait is not null;
            },
            $"operation {id} to wait",
            Deadline);
        return wait!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_interruptions is not null)
        {
            await _interruptions.SettleAsync();
        }

        Http.Dispose();
        await _web.DisposeAsync();
        await Hub.DisposeAsync();
    }

    /// <summary>The functions with a trigger of some kind.</summary>
    public static IEnumerable<(string Name, MethodInfo Method, TTrigger Trigger)> FunctionsWith<TTrigger>()
        where TTrigger : Attribute =>
        from type in typeof(BackupApp).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static)
        let function = method.GetCustomAttribute<FunctionAttribute>()
        where function is not null
        let trigger = method.GetParameters().Select(parameter => parameter.GetCustomAttribute<TTrigger>()).FirstOrDefault(found => found is not null)
        where trigger is not null
        select (function.Name, method, trigger);

    private static void Register(
        DurableTaskRegistry registry,
        IServiceProvider services,
        Func<DurableHub> hub,
        Func<string, Func<Task<string>>, Task<string>> around,
        CancellationToken stopping)
    {
        foreach (var (name, method, _) in FunctionsWith<OrchestrationTriggerAttribute>())
        {
            registry.AddOrchestratorFunc<string, string>(name, (context, _) => (Task<string>)method.Invoke(null, [context])!);
        }

        foreach (var (name, method, _) in FunctionsWith<ActivityTriggerAttribute>())
        {
            registry.AddActivityFunc<string, string>(
                name,
                (context, input) => hub().RunActivityAsync(
                    () =>
                    {
                        var functions = ActivatorUtilities.CreateInstance<ActivityFunctions>(services);
                        Task<string> Run() => (Task<string>)method.Invoke(functions, [input, context.InstanceId, hub().Client, stopping])!;
                        return around(name, Run);
                    },
                    stopping));
        }
    }

    private static void MapFunctions(WebApplication web, Func<DurableTaskClient> client)
    {
        foreach (var (_, method, trigger) in FunctionsWith<HttpTriggerAttribute>())
        {
            RequestDelegate handler = async context =>
            {
                var arguments = method.GetParameters().Select(parameter => (object?)parameter.ParameterType.Name switch
                {
                    nameof(HttpRequest) => context.Request,
                    nameof(DurableTaskClient) => client(),
                    nameof(CancellationToken) => context.RequestAborted,
                    _ => context.Request.RouteValues[parameter.Name!],
                });
                var function = method.IsStatic ? null : ActivatorUtilities.CreateInstance(context.RequestServices, method.DeclaringType!);
                var result = method.Invoke(function, [.. arguments]);
                await (result as IResult ?? await (Task<IResult>)result!).ExecuteAsync(context);
            };
            web.MapMethods($"/api/{trigger.Route}", trigger.Methods!.Select(verb => verb.ToUpperInvariant()), handler);
        }
    }
}

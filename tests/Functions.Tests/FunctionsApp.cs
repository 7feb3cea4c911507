using System.Globalization;
using System.Reflection;
using DurableTask.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TfeBackup.Functions.Composition;
using TfeBackup.Functions.Tests.Api;
using TfeBackup.Functions.Tests.Runtime;
using TfeBackup.Functions.Triggers;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport;

namespace TfeBackup.Functions.Tests;

/// <summary>
/// The app's functions as the host would call them: those of orchestrations and activities by the Durable Task engine, those with an HTTP trigger by a
/// web server that has their routes.
/// </summary>
internal sealed class FunctionsApp : IAsyncDisposable
{
    // Long, since a machine may be busy with other things: only what never comes takes so long.
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4);

    private readonly WebApplication _web;

    private FunctionsApp(WebApplication web, DurableHub hub)
    {
        _web = web;
        Hub = hub;
        Http = new HttpClient(new DescribedAnswers()) { BaseAddress = new Uri(web.Urls.Single()), Timeout = Deadline };
    }

    public DurableHub Hub { get; }

    public HttpClient Http { get; }

    public OperationService Operations => Services.GetRequiredService<OperationService>();

    public OperationQueries Queries => Services.GetRequiredService<OperationQueries>();

    /// <summary>The app's services, after a call has brought the client of the worker that there is now.</summary>
    public IServiceProvider Services
    {
        get
        {
            _web.Services.GetRequiredService<DurableClients>().Remember(Hub.Client);
            return _web.Services;
        }
    }

    /// <summary>Starts an app.</summary>
    /// <param name="compose">Adds what its functions need.</param>
    /// <param name="loggers">Takes its logs.</param>
    /// <param name="hub">Where its task hub keeps everything; in memory where null.</param>
    /// <param name="around">Runs an activity by name, as it likes, until its worker is taken away.</param>
    /// <param name="port">Where the web server listens.</param>
    /// <param name="settings">The app's settings.</param>
    public static async Task<FunctionsApp> StartAsync(
        Action<IServiceCollection> compose,
        ILoggerFactory loggers,
        Func<IOrchestrationService>? hub = null,
        Func<string, Func<Task>, CancellationToken, Task>? around = null,
        int port = 0,
        IConfiguration? settings = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        if (settings is not null)
        {
            builder.Configuration.AddConfiguration(settings);
        }

        builder.Services.AddSingleton(loggers);
        compose(builder.Services);
        var web = builder.Build();

        // As Program does.
        _ = web.Services.GetRequiredService<AppFaults>();
        DurableHub? running = null;
        running = await DurableHub.StartAsync(
            (registry, stopping) => Register(registry, web.Services, () => running!, around ?? ((_, run, _) => run()), stopping), hub);
        MapFunctions(web, () => running.Client);
        await web.StartAsync();
        return new FunctionsApp(web, running);
    }

    /// <summary>Ticks the timer.</summary>
    public Task TickAsync() =>
        ActivatorUtilities.CreateInstance<ScheduleFunction>(_web.Services).RunAsync(new TimerInfo(), Hub.Client, default);

    public async Task<OperationInstance> EndAsync(string id)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        return await Queries.WaitAsync(id, deadline.Token);
    }

    /// <summary>Waits until an operation waits for an operator.</summary>
    public async Task<OperationWait> WaitingAsync(string id)
    {
        OperationWait? wait = null;
        await WaitFor.ConditionAsync(
            async () =>
            {
                var instance = await Queries.GetAsync(id, default);
                Assert.Equal(OperationState.Running, instance.State);
                wait = instance.Status?.Waiting;
                return wait is not null;
            },
            $"operation {id} to wait",
            Deadline);
        return wait!;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _web.DisposeAsync();
        await Hub.DisposeAsync();
    }

    /// <summary>The functions with a trigger of some kind.</summary>
    public static IEnumerable<(string Name, MethodInfo Method, ParameterInfo Parameter, TTrigger Trigger)> FunctionsWith<TTrigger>()
        where TTrigger : Attribute =>
        from type in typeof(AppServices).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static)
        let function = method.GetCustomAttribute<FunctionAttribute>()
        where function is not null
        from parameter in method.GetParameters()
        let trigger = parameter.GetCustomAttribute<TTrigger>()
        where trigger is not null
        select (function.Name, method, parameter, trigger);

    private static void Register(
        DurableTaskRegistry registry,
        IServiceProvider services,
        Func<DurableHub> hub,
        Func<string, Func<Task>, CancellationToken, Task> around,
        CancellationToken stopping)
    {
        foreach (var (name, method, _, _) in FunctionsWith<OrchestrationTriggerAttribute>())
        {
            registry.AddOrchestrator(name, () => new FunctionOrchestrator(method));
        }

        foreach (var (name, method, parameter, _) in FunctionsWith<ActivityTriggerAttribute>())
        {
            registry.AddActivity(name, _ => new FunctionActivity(method, parameter.ParameterType, (context, input) => hub().RunActivityAsync(
                async () =>
                {
                    object? output = null;
                    var functions = ActivatorUtilities.CreateInstance<ActivityFunctions>(services);
                    await around(
                        name, async () => output = await CallAsync(method, functions, [input, context.InstanceId, hub().Client, stopping]), stopping);
                    return output;
                },
                stopping)));
        }
    }

    private static void MapFunctions(WebApplication web, Func<DurableTaskClient> client)
    {
        foreach (var (_, method, _, trigger) in FunctionsWith<HttpTriggerAttribute>())
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

    private static async Task<object?> CallAsync(MethodInfo method, object? functions, object?[] arguments)
    {
        var task = (Task)method.Invoke(functions, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null)!;
        await task;
        return task.GetType().GetProperty("Result")!.GetValue(task);
    }

    /// <summary>A function with an orchestration trigger.</summary>
    private sealed class FunctionOrchestrator(MethodInfo method) : ITaskOrchestrator
    {
        // It asks its context for the input, whose type is that of the class with its output.
        public Type InputType => typeof(OperationCatalog).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(ITaskOrchestrator)))
            .Select(type => type.BaseType!.GenericTypeArguments)
            .Single(types => types[1] == OutputType)[0];

        public Type OutputType => method.ReturnType.GenericTypeArguments.Single();

        public Task<object?> RunAsync(TaskOrchestrationContext context, object? input) => CallAsync(method, functions: null, [context]);
    }

    /// <summary>A function with an activity trigger.</summary>
    private sealed class FunctionActivity(MethodInfo method, Type input, Func<TaskActivityContext, object?, Task<object?>> run) : ITaskActivity
    {
        public Type InputType => input;

        public Type OutputType => method.ReturnType.GenericTypeArguments.Single();

        public Task<object?> RunAsync(TaskActivityContext context, object? input) => run(context, input);
    }
}

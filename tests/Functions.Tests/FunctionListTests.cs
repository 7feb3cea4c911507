using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TfeBackup.Operations;

namespace TfeBackup.Functions.Tests;

/// <summary>The functions that the build lists for the host, beside what the documentation, the API's description and the registry of operations say.</summary>
public sealed partial class FunctionListTests
{
    // Instructions with a method for their operand (ECMA-335, III).
    private const byte Call = 0x28;
    private const byte CallVirtual = 0x6F;
    private const byte NewObject = 0x73;

    [Fact]
    public async Task The_documentation_lists_exactly_the_functions_there_are()
    {
        var built = (await BuiltAsync()).Select(function => $"{function.Name}|{Describe(function)}").Order(StringComparer.Ordinal);
        var documented = ReadTable().Select(row => $"{row.Name}|{row.Trigger}").Order(StringComparer.Ordinal);

        Assert.Equal(documented, built);
    }

    [Fact]
    public async Task Every_registered_orchestration_and_activity_has_one_trigger_and_every_trigger_one_of_them()
    {
        var built = await BuiltAsync();
        var site = await ScriptedSite.CreateAsync();
        var registered = Registered(site);

        Assert.Equal(
            registered.Select(known => $"{known.Name}|{known.Trigger}").Order(StringComparer.Ordinal),
            built.Select(function => $"{function.Name}|{Describe(function)}")
                .Where(function => function.EndsWith("|orchestration", StringComparison.Ordinal) || function.EndsWith("|activity", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));

        // All classes that there are, each under one name.
        Assert.Equal(
            typeof(OperationCatalog).Assembly.GetTypes().Where(type => !type.IsAbstract && (type.IsAssignableTo(typeof(ITaskOrchestrator)) || type.IsAssignableTo(typeof(ITaskActivity))))
                .Select(type => type.Name).Order(StringComparer.Ordinal),
            registered.Select(known => known.Class.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Each_trigger_runs_the_class_that_is_registered_by_its_name()
    {
        var registered = Registered(await ScriptedSite.CreateAsync());
        var run = FunctionsApp.FunctionsWith<OrchestrationTriggerAttribute>().Select(found => $"{found.Name}: {ClassRunBy(found.Method)}")
            .Concat(FunctionsApp.FunctionsWith<ActivityTriggerAttribute>().Select(found => $"{found.Name}: {ClassRunBy(found.Method)}"));

        Assert.Equal(registered.Select(known => $"{known.Name}: {known.Class}").Order(StringComparer.Ordinal), run.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_functions_have_the_inputs_and_outputs_of_the_registered_classes()
    {
        var site = await ScriptedSite.CreateAsync();
        var registered = Registered(site);

        // The class that a function runs follows from what it takes and returns.
        Assert.Distinct(registered.Select(known => (known.Input, known.Output)));
        Assert.Equal(
            registered.Where(known => known.Trigger == "activity").Select(known => $"{known.Name}: {known.Input} to {known.Output}").Order(StringComparer.Ordinal),
            FunctionsApp.FunctionsWith<ActivityTriggerAttribute>()
                .Select(found => $"{found.Name}: {found.Parameter.ParameterType} to {found.Method.ReturnType.GenericTypeArguments.Single()}").Order(StringComparer.Ordinal));

        // An orchestration asks its context for the input.
        Assert.Equal(
            registered.Where(known => known.Trigger == "orchestration").Select(known => $"{known.Name} to {known.Output}").Order(StringComparer.Ordinal),
            FunctionsApp.FunctionsWith<OrchestrationTriggerAttribute>()
                .Select(found => $"{found.Name} to {found.Method.ReturnType.GenericTypeArguments.Single()}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_description_of_the_API_has_exactly_its_routes()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        var document = JsonNode.Parse(await app.Http.GetStringAsync("/api/openapi.json"))!;
        var described = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()
            .Where(verb => HttpMethods.IsGet(verb.Key) || HttpMethods.IsPost(verb.Key) || HttpMethods.IsDelete(verb.Key))
            .Select(verb => $"{verb.Value!["operationId"]}|{verb.Key.ToUpperInvariant()} {path.Key}"));
        var built = (await BuiltAsync()).Where(function => Describe(function).Contains("/api/", StringComparison.Ordinal))
            .Select(function => $"{function.Name}|{Describe(function)}");

        Assert.Equal(built.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        foreach (Match reference in References().Matches(document.ToJsonString()))
        {
            Assert.NotNull(document["components"]!["schemas"]![reference.Groups["name"].Value]);
        }
    }

    [Fact]
    public async Task Every_call_needs_a_key()
    {
        Assert.All(
            (await BuiltAsync()).SelectMany(Bindings).Where(binding => Type(binding) == "httpTrigger"),
            binding => Assert.Equal("Function", binding["authLevel"]!.GetValue<string>()));
    }

    /// <summary>The functions that docs/app-api.md lists.</summary>
    internal static IEnumerable<string> DocumentedNames() => ReadTable().Select(row => row.Name);

    private static async Task<IReadOnlyList<IFunctionMetadata>> BuiltAsync() =>
        await new GeneratedFunctionMetadataProvider().GetFunctionMetadataAsync("");

    /// <summary>What <see cref="OperationCatalog"/> registers, made by a site's services.</summary>
    private static IReadOnlyList<(string Name, string Trigger, Type Class, Type Input, Type Output)> Registered(ScriptedSite site)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton<ILoggerFactory>(site);
        site.Compose(builder.Services);
        builder.Services.AddDurableTaskWorker(worker => worker.AddTasks(tasks => tasks.AddOperations()).UseWorkItemFilters().UseBuildTarget<RegisteredTasks>());
        using var host = builder.Build();
        return [.. host.Services.GetServices<IHostedService>().OfType<RegisteredTasks>().Single().All()];
    }

    /// <summary>A worker that runs nothing, and says what it could.</summary>
    private sealed class RegisteredTasks(
        string name, IDurableTaskFactory factory, IOptionsMonitor<DurableTaskWorkerWorkItemFilters> filters, IServiceProvider services)
        : DurableTaskWorker(name, factory)
    {
        public IEnumerable<(string Name, string Trigger, Type Class, Type Input, Type Output)> All()
        {
            foreach (var known in filters.Get(Name).Orchestrations)
            {
                Assert.True(Factory.TryCreateOrchestrator(known.Name, services, out var orchestrator));
                yield return (known.Name, "orchestration", orchestrator.GetType(), orchestrator.InputType, orchestrator.OutputType);
            }

            foreach (var known in filters.Get(Name).Activities)
            {
                Assert.True(Factory.TryCreateActivity(known.Name, services, out var activity));
                yield return (known.Name, "activity", activity.GetType(), activity.InputType, activity.OutputType);
            }
        }

        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
    }

    /// <summary>The class of an orchestration or activity in the code of a trigger: created by it, or an argument of what it calls.</summary>
    private static Type ClassRunBy(MethodInfo trigger)
    {
        var code = trigger.GetMethodBody()!.GetILAsByteArray()!;
        var types = new HashSet<Type>();
        for (var position = 0; position + sizeof(int) < code.Length; position++)
        {
            if (code[position] is not (Call or CallVirtual or NewObject))
            {
                continue;
            }

            try
            {
                var method = trigger.Module.ResolveMethod(BitConverter.ToInt32(code, position + 1))!;
                types.UnionWith([method.DeclaringType!, .. method.IsGenericMethod ? method.GetGenericArguments() : []]);
            }
            catch (ArgumentException)
            {
                // A byte of an operand.
            }
        }

        return Assert.Single(types, type => !type.IsAbstract && (type.IsAssignableTo(typeof(ITaskOrchestrator)) || type.IsAssignableTo(typeof(ITaskActivity))));
    }

    private static string Describe(IFunctionMetadata function)
    {
        var trigger = Bindings(function).Single(binding => Type(binding).EndsWith("Trigger", StringComparison.Ordinal));
        return Type(trigger) switch
        {
            "httpTrigger" => $"{trigger["methods"]!.AsArray().Single()!.GetValue<string>().ToUpperInvariant()} /api/{trigger["route"]}",
            "timerTrigger" => $"timer {trigger["schedule"]}",
            "orchestrationTrigger" => "orchestration",
            "activityTrigger" => "activity",
            var other => other,
        };
    }

    private static IEnumerable<JsonObject> Bindings(IFunctionMetadata function) =>
        function.RawBindings!.Select(binding => JsonNode.Parse(binding)!.AsObject());

    private static string Type(JsonObject binding) => binding["type"]!.GetValue<string>();

    private static IEnumerable<(string Name, string Trigger)> ReadTable()
    {
        using var reader = new StreamReader(typeof(FunctionListTests).Assembly.GetManifestResourceStream("app-api.md")!);
        foreach (Match row in Rows().Matches(reader.ReadToEnd()))
        {
            foreach (Match name in Names().Matches(row.Groups["names"].Value))
            {
                yield return (name.Groups["name"].Value, row.Groups["trigger"].Value.Replace("`", "", StringComparison.Ordinal));
            }
        }
    }

    [GeneratedRegex("^\\| (?<names>`[^|]+`) \\| (?<trigger>[^|]+) \\|", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Names();

    [GeneratedRegex("#/components/schemas/(?<name>\\w+)")]
    private static partial Regex References();
}

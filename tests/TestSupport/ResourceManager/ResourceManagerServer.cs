using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Core;
using Azure.Core.Pipeline;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TfeBackup.TestSupport.Tls;

namespace TfeBackup.TestSupport.ResourceManager;

/// <summary>
/// Azure Resource Manager as far as this project meets it, within this process: virtual machines and scale sets, their run commands as
/// long-running operations (<c>Azure-AsyncOperation</c>), instance views and refusals. What they run, a real shell runs.
/// </summary>
public sealed class ResourceManagerServer : IAsyncDisposable
{
    private const string Subscription = "/subscriptions/5c0f4a6e-8d0e-4f0a-9d5e-2f1c6a3b7e90/resourceGroups/tfe";

    private readonly ConcurrentDictionary<string, JsonObject> _machines = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, string> _clusters = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, MachineCommand> _commands = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentQueue<string> _scripts = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentDictionary<string, bool> _tokens = new();
    private readonly TlsName _name = new("management.test");
    private readonly WebApplication _host;
    private int _port;

    private ResourceManagerServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_name.Certificate)));
        _host = builder.Build();
        _host.Use(AdmitAsync);
        _host.MapGet("/operations/{**id}", GetOperation);
        _host.MapFallback(ServeAsync);
        Credential = new IssuingCredential(this);
    }

    /// <summary>Where it is reached by <see cref="CreateTransport"/>.</summary>
    public Uri Endpoint => new($"https://{_name.Host}");

    /// <summary>A credential whose tokens are accepted.</summary>
    public TokenCredential Credential { get; }

    /// <summary>Refuses a request: an answer's status and code for its method and path; null serves it.</summary>
    public Func<string, string, (int Status, string Code)?> Refuse { get; set; } = (_, _) => null;

    /// <summary>While not null, operations that are accepted end as failed, with this code.</summary>
    public string? FailOperations { get; set; }

    /// <summary>While true, the machines' agents do not answer: operations go on until their command is deleted.</summary>
    public bool AgentsAreSilent { get; set; }

    /// <summary>Which end of a long output the machines' agents keep.</summary>
    public bool AgentsKeepTheEnd { get; set; } = true;

    /// <summary>Method, path and query of what was asked so far.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>The scripts that were to be run so far.</summary>
    public IReadOnlyCollection<string> Scripts => _scripts;

    /// <summary>The ids of the run commands that are there.</summary>
    public IReadOnlyCollection<string> Commands => [.. _commands.Keys];

    /// <summary>Starts a server on a free port of the loopback interface.</summary>
    public static async Task<ResourceManagerServer> StartAsync(CancellationToken cancellationToken = default)
    {
        var server = new ResourceManagerServer();
        await server._host.StartAsync(cancellationToken);
        server._port = new Uri(server._host.Urls.Single()).Port;
        return server;
    }

    /// <summary>A transport that finds the server's name here, and trusts its certificate and no other.</summary>
    public HttpPipelineTransport CreateTransport() => _name.CreateTransport(_port);

    /// <summary>Adds a virtual machine.</summary>
    /// <returns>Its resource id.</returns>
    public string AddMachine(string name) => Add($"{Subscription}/providers/Microsoft.Compute/virtualMachines/{name}", []);

    /// <summary>Adds an AKS cluster.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kubeconfig">The kubeconfig that its users get.</param>
    /// <returns>Its resource id.</returns>
    public string AddCluster(string name, string kubeconfig)
    {
        var id = $"{Subscription}/providers/Microsoft.ContainerService/managedClusters/{name}";
        _clusters[id] = kubeconfig;
        return id;
    }

    /// <summary>Adds a scale set of flexible orchestration, whose instances are virtual machines beside others.</summary>
    /// <returns>Its resource id.</returns>
    public string AddFlexibleScaleSet(string name, params IReadOnlyList<string> machines)
    {
        var id = Add($"{Subscription}/providers/Microsoft.Compute/virtualMachineScaleSets/{name}", new JsonObject { ["orchestrationMode"] = "Flexible" });
        foreach (var machine in machines)
        {
            Add(
                $"{Subscription}/providers/Microsoft.Compute/virtualMachines/{machine}",
                new JsonObject { ["virtualMachineScaleSet"] = new JsonObject { ["id"] = id } });
        }

        return id;
    }

    /// <summary>Adds a scale set of uniform orchestration with instances 0, 1, ….</summary>
    /// <returns>Its resource id.</returns>
    public string AddScaleSet(string name, int instances)
    {
        var id = $"{Subscription}/providers/Microsoft.Compute/virtualMachineScaleSets/{name}";
        for (var i = 0; i < instances; i++)
        {
            Add($"{id}/virtualMachines/{i}", []);
        }

        return Add(id, new JsonObject { ["orchestrationMode"] = "Uniform" });
    }

    /// <summary>Leaves a run command on a machine, as a process that was killed does.</summary>
    /// <param name="machine">The machine's resource id.</param>
    /// <param name="name">The command's name.</param>
    /// <param name="tags">Its tags.</param>
    public void Leave(string machine, string name, params (string Key, string Value)[] tags)
    {
        var id = $"{machine}/runCommands/{name}";
        _commands[id] = new MachineCommand(id, new JsonObject
        {
            ["location"] = "westeurope",
            ["tags"] = new JsonObject(tags.Select(tag => KeyValuePair.Create<string, JsonNode?>(tag.Key, tag.Value))),
            ["properties"] = new JsonObject { ["source"] = new JsonObject { ["script"] = "true" } },
        });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var command in _commands.Values)
        {
            command.Delete();
        }

        await _host.DisposeAsync();
        _name.Dispose();
    }

    private static IResult Json(int status, JsonObject body) => Results.Text(body.ToJsonString(), "application/json; charset=utf-8", statusCode: status);

    private static IResult Error(int status, string code, string message) =>
        Json(status, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } });

    private static JsonObject Describe(MachineCommand command, bool withView)
    {
        var described = (JsonObject)command.Resource.DeepClone();
        described["id"] = command.Id;
        described["name"] = command.Id[(command.Id.LastIndexOf('/') + 1)..];
        described["type"] = "Microsoft.Compute/virtualMachines/runCommands";
        described["properties"]!["provisioningState"] = command.HasEnded ? "Succeeded" : "Creating";
        if (withView)
        {
            described["properties"]!["instanceView"] = command.InstanceView();
        }

        return described;
    }

    private JsonObject DescribeMachine(string id)
    {
        var properties = (JsonObject)_machines[id].DeepClone();
        properties["provisioningState"] = "Succeeded";
        return new JsonObject
        {
            ["id"] = id,
            ["name"] = id[(id.LastIndexOf('/') + 1)..],
            ["type"] = "Microsoft.Compute/virtualMachines",
            ["location"] = "westeurope",
            ["properties"] = properties,
        };
    }

    private string Add(string id, JsonObject properties)
    {
        _machines[id] = properties;
        return id;
    }

    private async Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        _requests.Enqueue($"{request.Method} {request.Path}{request.QueryString}");
        if (!_tokens.ContainsKey(request.Headers.Authorization.ToString()))
        {
            await Error(401, "AuthenticationFailed", "Authentication failed.").ExecuteAsync(context);
        }
        else if (Refuse(request.Method, request.Path) is var (status, code))
        {
            await Error(status, code, "This refusal was asked for.").ExecuteAsync(context);
        }
        else if (request.Query["api-version"] is not [{ Length: > 0 }])
        {
            await Error(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.").ExecuteAsync(context);
        }
        else
        {
            await next(context);
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.ToString();
        var at = path.IndexOf("/runCommands", StringComparison.OrdinalIgnoreCase);
        var machine = at < 0 ? path : path[..at];
        var result = (context.Request.Method, at < 0 ? null : path[(at + "/runCommands".Length)..]) switch
        {
            ("GET", null) when path.EndsWith("/virtualMachines", StringComparison.OrdinalIgnoreCase) => List(_machines
                .Where(machine => machine.Key.StartsWith(path + "/", StringComparison.OrdinalIgnoreCase) && Passes(machine.Value, context.Request.Query["$filter"]))
                .Select(machine => machine.Key).Order(StringComparer.Ordinal).Select(DescribeMachine)),
            ("POST", null) when path.EndsWith("/listClusterUserCredential", StringComparison.OrdinalIgnoreCase) => ListCredentials(path, context.Request.Query["format"]),
            _ when !_machines.ContainsKey(machine) => Error(404, "ResourceNotFound", $"The Resource '{machine}' was not found."),
            ("GET", null) => Json(200, DescribeMachine(machine)),
            ("GET", "") => List(_commands.Values.Where(c => c.Id.StartsWith(path + "/", StringComparison.OrdinalIgnoreCase)).Select(c => Describe(c, withView: false))),
            ("GET", _) => _commands.TryGetValue(path, out var found)
                ? Json(200, Describe(found, context.Request.Query["$expand"] == "instanceView"))
                : Error(404, "ResourceNotFound", $"The Resource '{path}' was not found."),
            ("PUT", _) => await PutAsync(context, machine, path),
            ("DELETE", _) => Delete(context, path),
            _ => Error(405, "MethodNotAllowed", "No such method."),
        };
        await result.ExecuteAsync(context);
    }

    // The one filter there is.
    private static bool Passes(JsonObject properties, string? filter) =>
        string.IsNullOrEmpty(filter) || filter == $"'virtualMachineScaleSet/id' eq '{(string?)properties["virtualMachineScaleSet"]?["id"]}'";

    private IResult ListCredentials(string path, string? format)
    {
        var id = path[..path.LastIndexOf('/')];
        if (!_clusters.TryGetValue(id, out var kubeconfig))
        {
            return Error(404, "ResourceNotFound", $"The Resource '{id}' was not found.");
        }

        return format is null or "azure" or "exec"
            ? Json(200, new JsonObject
            {
                ["kubeconfigs"] = new JsonArray(new JsonObject { ["name"] = "clusterUser", ["value"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(kubeconfig)) }),
            })
            : Error(400, "BadRequest", "The format must be azure or exec.");
    }

    private static IResult List(IEnumerable<JsonObject> items) => Json(200, new JsonObject { ["value"] = new JsonArray([.. items]) });

    private async Task<IResult> PutAsync(HttpContext context, string machine, string id)
    {
        var resource = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        if ((string?)resource["location"] != "westeurope")
        {
            return Error(400, "InvalidResourceLocation", "The resource is not where its machine is.");
        }

        var command = new MachineCommand(id, resource, AgentsKeepTheEnd);
        if (!_commands.TryAdd(id, command))
        {
            return Error(409, "Conflict", "Run command execution is in progress.");
        }

        _scripts.Enqueue(command.Script);
        if (!AgentsAreSilent && FailOperations is null)
        {
            _ = command.RunAsync(machine[(machine.LastIndexOf('/') + 1)..]);
        }

        context.Response.Headers["Azure-AsyncOperation"] = $"{Endpoint}operations{id}?api-version=2023-03-01";
        return Json(201, Describe(command, withView: false));
    }

    private IResult GetOperation(string id)
    {
        if (FailOperations is { } code)
        {
            return Json(200, new JsonObject
            {
                ["status"] = "Failed",
                ["error"] = new JsonObject { ["code"] = code, ["message"] = "This failure was asked for." },
            });
        }

        return !_commands.TryGetValue("/" + id, out var command)
            ? Json(200, new JsonObject { ["status"] = "Canceled" })
            : Json(200, new JsonObject { ["status"] = command.HasEnded ? "Succeeded" : "InProgress" });
    }

    private IResult Delete(HttpContext context, string id)
    {
        if (!_commands.TryRemove(id, out var command))
        {
            return Results.StatusCode(204);
        }

        command.Delete();
        context.Response.Headers.Location = $"{Endpoint}operations{id}?api-version=2023-03-01";
        return Results.StatusCode(202);
    }

    private sealed class IssuingCredential(ResourceManagerServer server) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            var token = RandomNumberGenerator.GetHexString(64);
            server._tokens[$"Bearer {token}"] = true;
            return new AccessToken(token, DateTimeOffset.UtcNow.AddHours(1));
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}

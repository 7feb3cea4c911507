using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TfeBackup.TestSupport.Tls;

namespace TfeBackup.TestSupport.Kubernetes;

/// <summary>
/// A Kubernetes API server with one deployment and its pods, as far as this project meets it, within this process: TLS, tokens, merge patches under
/// the condition of a version, label selectors; pods that begin and end when a test says so.
/// </summary>
public sealed class KubernetesServer : IAsyncDisposable
{
    /// <summary>The deployment's namespace.</summary>
    public const string Namespace = "tfe";

    /// <summary>The deployment's name.</summary>
    public const string Deployment = "terraform-enterprise";

    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly List<JsonObject> _pods = [];
    private readonly TlsName _name = new("127.0.0.1");
    private readonly WebApplication _host;
    private JsonObject _deployment;
    private int _version = 1;
    private int _lastPod;

    private KubernetesServer(int replicas)
    {
        _deployment = new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "Deployment",
            ["metadata"] = new JsonObject { ["name"] = Deployment, ["namespace"] = Namespace, ["resourceVersion"] = "1", ["annotations"] = new JsonObject { ["team"] = "platform" } },
            ["spec"] = new JsonObject { ["replicas"] = replicas, ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = Deployment } } },
        };
        Reconcile();
        RunPods();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_name.Certificate)));
        _host = builder.Build();
        _host.Use(AdmitAsync);
        _host.MapGet($"/apis/apps/v1/namespaces/{Namespace}/deployments/{Deployment}", () => Json(200, Locked(() => (JsonObject)_deployment.DeepClone())));
        _host.MapPatch($"/apis/apps/v1/namespaces/{Namespace}/deployments/{Deployment}", (Delegate)PatchAsync);
        _host.MapGet($"/api/v1/namespaces/{Namespace}/pods", ListPods);
        _host.MapFallback(() => Status(404, "NotFound", "the server could not find the requested resource"));
    }

    /// <summary>A token that is accepted.</summary>
    public string Token { get; } = RandomNumberGenerator.GetHexString(40);

    /// <summary>The API's address.</summary>
    public Uri Address { get; private set; } = new("https://127.0.0.1");

    /// <summary>The certificate that vouches for it, in PEM form.</summary>
    public string CertificatePem => _name.Certificate.ExportCertificatePem();

    /// <summary>Refuses requests with this status; 0 serves them.</summary>
    public int Refuse { get; set; }

    /// <summary>Done between a look at the deployment and the patch that follows it, as another controller does.</summary>
    public Action BeforePatch { get; set; } = () => { };

    /// <summary>Method and path of what was asked so far.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>How many replicas the deployment asks for.</summary>
    public int Replicas => Locked(() => (int)_deployment["spec"]!["replicas"]!);

    /// <summary>The deployment's annotations.</summary>
    public IReadOnlyDictionary<string, string> Annotations =>
        Locked(() => ((JsonObject)_deployment["metadata"]!["annotations"]!).ToDictionary(a => a.Key, a => (string)a.Value!));

    /// <summary>A kubeconfig that leads here.</summary>
    /// <param name="token">Another token than the accepted one.</param>
    public string Kubeconfig(string? token = null) => KubeconfigOf($"token: {token ?? Token}");

    /// <summary>A kubeconfig that leads here as a cluster with Entra integration has one: with a program that would get a token.</summary>
    /// <param name="application">The Entra application that tokens are for.</param>
    public string EntraKubeconfig(string application) => KubeconfigOf($$"""
        exec:
              apiVersion: client.authentication.k8s.io/v1beta1
              command: kubelogin
              args: [get-token, --environment, AzurePublicCloud, --server-id, "{{application}}", --client-id, 80faf920-1908-4b52-b5ef-a8e7bedfc67a, --login, devicecode]
              env: null
              provideClusterInfo: false
        """);

    private string KubeconfigOf(string user) => $"""
        apiVersion: v1
        kind: Config
        current-context: tfe
        clusters:
        - name: aks
          cluster:
            server: {Address.GetLeftPart(UriPartial.Authority)}
            certificate-authority-data: {Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(CertificatePem))}
        users:
        - name: backup
          user:
            {user}
        contexts:
        - name: tfe
          context:
            cluster: aks
            user: backup
        """;

    /// <summary>Starts a server whose deployment has this many running pods.</summary>
    public static async Task<KubernetesServer> StartAsync(int replicas = 1, CancellationToken cancellationToken = default)
    {
        var server = new KubernetesServer(replicas);
        await server._host.StartAsync(cancellationToken);
        server.Address = new Uri(server._host.Urls.Single());
        return server;
    }

    /// <summary>Lets the pods that are pending run.</summary>
    public void RunPods() => Locked(() =>
    {
        _pods.ForEach(pod => pod["status"]!["phase"] = "Running");
        return true;
    });

    /// <summary>Lets the pods that are ending end.</summary>
    public void EndPods() => Locked(() => _pods.RemoveAll(pod => pod["metadata"]!["deletionTimestamp"] is not null));

    /// <summary>Changes the deployment as another controller does: its version is another one afterwards.</summary>
    public void Touch() => Locked(() => _deployment["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture));

    /// <summary>Scales the deployment as an operator does.</summary>
    public void Scale(int replicas) => Locked(() =>
    {
        _deployment["spec"]!["replicas"] = replicas;
        Touch();
        Reconcile();
        return true;
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _name.Dispose();
    }

    private static IResult Json(int status, JsonObject body) => Results.Text(body.ToJsonString(), "application/json", statusCode: status);

    private static IResult Status(int status, string reason, string message) => Json(status, new JsonObject
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["code"] = status,
    });

    // RFC 7396.
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject part)
            {
                if (target[name] is not JsonObject into)
                {
                    target[name] = into = [];
                }

                Merge(into, part);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    private T Locked<T>(Func<T> act)
    {
        lock (_lock)
        {
            return act();
        }
    }

    private async Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        _requests.Enqueue($"{context.Request.Method} {context.Request.Path}");
        if (context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            await Status(401, "Unauthorized", "Unauthorized").ExecuteAsync(context);
        }
        else if (Refuse != 0)
        {
            await Status(Refuse, Refuse == 403 ? "Forbidden" : "InternalError", "This refusal was asked for.").ExecuteAsync(context);
        }
        else
        {
            await next(context);
        }
    }

    private async Task<IResult> PatchAsync(HttpContext context)
    {
        if (context.Request.ContentType?.StartsWith("application/merge-patch+json", StringComparison.Ordinal) != true)
        {
            return Status(415, "UnsupportedMediaType", "the body of the request was in an unknown format");
        }

        var patch = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        BeforePatch();
        return Locked(() =>
        {
            if (patch["metadata"]?["resourceVersion"] is { } version && (string?)version != (string?)_deployment["metadata"]!["resourceVersion"])
            {
                return Status(409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again");
            }

            var changed = (JsonObject)_deployment.DeepClone();
            Merge(changed, patch);
            _deployment = changed;
            Touch();
            Reconcile();
            return Json(200, (JsonObject)_deployment.DeepClone());
        });
    }

    private IResult ListPods(HttpContext context)
    {
        var labels = context.Request.Query["labelSelector"].ToString().Split(',').Select(label => label.Split('=')).ToList();
        return Json(200, Locked(() => new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PodList",
            ["metadata"] = new JsonObject { ["resourceVersion"] = "1" },
            ["items"] = new JsonArray([.. _pods
                .Where(pod => labels.All(label => (string?)pod["metadata"]!["labels"]![label[0]] == label[1]))
                .Select(pod => pod.DeepClone())]),
        }));
    }

    // What the deployment's and the replica set's controllers do.
    private void Reconcile()
    {
        var staying = _pods.Where(pod => pod["metadata"]!["deletionTimestamp"] is null).ToList();
        var wanted = (int)_deployment["spec"]!["replicas"]!;
        foreach (var pod in staying.Skip(wanted))
        {
            pod["metadata"]!["deletionTimestamp"] = "2026-11-22T03:00:00Z";
        }

        for (var i = staying.Count; i < wanted; i++)
        {
            _pods.Add(new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = $"{Deployment}-{++_lastPod}",
                    ["namespace"] = Namespace,
                    ["labels"] = new JsonObject { ["app"] = Deployment },
                },
                ["status"] = new JsonObject { ["phase"] = "Pending" },
            });
        }
    }
}

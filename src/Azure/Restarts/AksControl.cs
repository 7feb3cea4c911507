using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Identity;
using k8s;
using k8s.Autorest;
using k8s.Models;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Azure.Restarts;

/// <summary>
/// Stops an application by scaling its deployment to none, and starts it by scaling it back to what it was, which an annotation of the deployment
/// remembers. Both are one patch under the condition that nobody else changed the deployment meanwhile. It has stopped when no pod is
/// left, the ones that are still ending included.
/// </summary>
/// <remarks>
/// The identity needs a role with <c>get</c> and <c>patch</c> on the deployment and <c>list</c> on the namespace's pods. A deployment that something else scales
/// (a horizontal pod autoscaler pauses at none; a GitOps controller may not) is not for this control.
/// <para>
/// There is no rolling restart on purpose. It never stops: pods that know the data from before a restore go on writing until the last of them is
/// replaced, and they answer the readiness that the restart waits for.
/// </para>
/// </remarks>
internal sealed class AksControl(AksDefinition definition, IKubernetesAccess access, TimeSpan timeout, TimeProvider time) : IApplicationControl
{
    /// <summary>The annotation that remembers how many replicas there were.</summary>
    public const string ReplicasAnnotation = "tfe-backup/replicas";

    // Controllers change a deployment's status at any time, which changes its version too.
    private const int Attempts = 10;

    private string Name => $"the deployment {definition.Namespace}/{definition.Deployment}";

    /// <inheritdoc/>
    public string Description => $"scale {Name} to zero / back";

    /// <inheritdoc/>
    public Task<bool> CanDrainAsync(CancellationToken cancellationToken) => Task.FromResult(false);

    /// <inheritdoc/>
    public Task DrainAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => ScaleAsync(
        "stop",
        deployment => Replicas(deployment) == 0
            ? null
            : (0, Replicas(deployment).ToString(CultureInfo.InvariantCulture)),
        cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => ScaleAsync(
        "start",
        deployment => Replicas(deployment) > 0 ? null : (Remembered(deployment) ?? Math.Max(1, definition.Replicas), null),
        cancellationToken);

    /// <inheritdoc/>
    public Task<ApplicationStatus> GetStatusAsync(CancellationToken cancellationToken) => CallAsync(
        "inspect",
        async (client, token) =>
        {
            var deployment = await client.AppsV1.ReadNamespacedDeploymentAsync(definition.Deployment, definition.Namespace, cancellationToken: token);
            var pods = (await client.CoreV1.ListNamespacedPodAsync(definition.Namespace, labelSelector: Selector(deployment), cancellationToken: token)).Items;
            var left = pods.Where(pod => pod.Status?.Phase is not ("Succeeded" or "Failed")).ToList();
            var running = left.Count(pod => pod.Status?.Phase == "Running" && pod.Metadata.DeletionTimestamp is null);
            var wanted = Replicas(deployment);
            var detail = $"{Name}: {running} of {wanted} pods running{(left.Count > running ? $", {left.Count - running} starting or stopping" : "")}";
            var state = wanted == 0 && left.Count == 0 ? ApplicationState.Stopped
                : wanted > 0 && running == wanted && left.Count == wanted ? ApplicationState.Running
                : ApplicationState.Changing;
            return new ApplicationStatus(state, detail);
        },
        cancellationToken);

    private static int Replicas(V1Deployment deployment) => deployment.Spec.Replicas ?? 1;

    private static int? Remembered(V1Deployment deployment) =>
        deployment.Metadata.Annotations?.TryGetValue(ReplicasAnnotation, out var text) == true
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : null;

    private static string Selector(V1Deployment deployment)
    {
        var labels = deployment.Spec.Selector.MatchLabels?.Select(label => $"{label.Key}={label.Value}") ?? [];
        var expressions = deployment.Spec.Selector.MatchExpressions?.Select(Expression) ?? [];
        return string.Join(',', labels.Concat(expressions));
    }

    private static string Expression(V1LabelSelectorRequirement requirement) => requirement.OperatorProperty switch
    {
        "Exists" => requirement.Key,
        "DoesNotExist" => $"!{requirement.Key}",
        "In" => $"{requirement.Key} in ({string.Join(',', requirement.Values)})",
        _ => $"{requirement.Key} notin ({string.Join(',', requirement.Values)})",
    };

    /// <summary>Scales the deployment to what a look at it says, or leaves it alone where that is null.</summary>
    /// <returns>True if it was scaled.</returns>
    private Task<bool> ScaleAsync(
        string doing, Func<V1Deployment, (int Replicas, string? Remember)?> decide, CancellationToken cancellationToken) => CallAsync(
        doing,
        async (client, token) =>
        {
            for (var attempt = 1; ; attempt++)
            {
                var deployment = await client.AppsV1.ReadNamespacedDeploymentAsync(definition.Deployment, definition.Namespace, cancellationToken: token);
                if (decide(deployment) is not var (replicas, remember))
                {
                    return false;
                }

                // A merge patch (RFC 7396): a null removes the annotation, and the version makes it a condition.
                var patch = new JsonObject
                {
                    ["metadata"] = new JsonObject
                    {
                        ["resourceVersion"] = deployment.Metadata.ResourceVersion,
                        ["annotations"] = new JsonObject { [ReplicasAnnotation] = remember },
                    },
                    ["spec"] = new JsonObject { ["replicas"] = replicas },
                };
                try
                {
                    await client.AppsV1.PatchNamespacedDeploymentAsync(
                        new V1Patch(patch.ToJsonString(), V1Patch.PatchType.MergePatch), definition.Deployment, definition.Namespace, cancellationToken: token);
                    return true;
                }
                catch (HttpOperationException e) when ((int)e.Response.StatusCode == 409 && attempt < Attempts)
                {
                    // Changed meanwhile: look again.
                }
            }
        },
        cancellationToken);

    private async Task<T> CallAsync<T>(string doing, Func<IKubernetes, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var client = await access.ConnectAsync(ending.Token);
            return await call(client, ending.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(
                OperationError.TimedOut, $"Cannot {doing} {Name}: {access.Description} did not respond within {timeout.TotalSeconds:0} s.", e);
        }
        catch (HttpOperationException e)
        {
            throw Refused(doing, e);
        }
        catch (AuthenticationFailedException e)
        {
            throw new OperationException(
                OperationError.Refused,
                $"Cannot {doing} {Name}: no credential for the cluster is available. Give this process a managed identity (a user-assigned one by AZURE_CLIENT_ID), or log in with the Azure CLI.",
                e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new OperationException(
                OperationError.Unavailable,
                $"Cannot {doing} {Name}: {access.Description} cannot be reached, or its certificate is not trusted: {e.Message}",
                e);
        }
        catch (JsonException e)
        {
            throw new OperationException(
                OperationError.InvalidConfiguration, $"Cannot {doing} {Name}: {access.Description} is not a Kubernetes API.", e);
        }
    }

    private OperationException Refused(string doing, HttpOperationException e)
    {
        var status = (int)e.Response.StatusCode;
        var (error, hint) = status switch
        {
            401 => (OperationError.Refused, "The credential is invalid or has expired."),
            403 => (OperationError.Refused, "The identity needs a role with get and patch on deployments and list on pods in that namespace."),
            404 => (OperationError.InvalidConfiguration, "The deployment does not exist: correct Restart:Namespace or Restart:Deployment."),
            409 => (OperationError.Unavailable, "Something else keeps changing the deployment."),
            408 or 429 or >= 500 => (OperationError.Unavailable, "The API server is busy or failing."),
            _ => (OperationError.Refused, "The API server rejected the request."),
        };
        return new OperationException(error, $"Cannot {doing} {Name}: {access.Description} answered {status}{Reason(e)}. {hint}", e);
    }

    private static string Reason(HttpOperationException e)
    {
        // A Status object, whose reason is one word; its message may name who asked.
        try
        {
            return JsonNode.Parse(e.Response.Content ?? "")?["reason"] is JsonValue reason ? $" {reason}" : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}

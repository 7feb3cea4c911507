using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.ResourceManager;
using k8s;
using k8s.KubeConfigModels;
using TfeBackup.Operations.Model;

namespace TfeBackup.Azure.Restarts;

/// <summary>
/// Asks Azure Resource Manager for what it takes to reach an AKS cluster: its kubeconfig for users (<c>listClusterUserCredential</c>), with the API server's address
/// and its certificate authority.
/// </summary>
/// <remarks>
/// A cluster with Entra integration has no credential in it but the name of a program that would get a token; the same token is had by this process's own
/// identity, and the program is never run. A cluster with local accounts has a certificate or a token in it.
/// </remarks>
internal sealed class ClusterCredentials
{
    /// <summary>The application that AKS clusters with Entra integration accept tokens for, the same in every tenant.</summary>
    public const string AksApplication = "6dae42f8-4368-4678-94ff-3960e28e3630";

    private const string ApiVersion = "2024-09-01";

    private const string AccessHint =
        "The identity needs the role Azure Kubernetes Service Cluster User Role (Microsoft.ContainerService/managedClusters/listClusterUserCredential/action) on the cluster.";

    private readonly Func<TokenCredential> _credential;
    private readonly ArmClientOptions _options;

    /// <summary>Creates it. Nothing is asked before a call.</summary>
    /// <param name="credential">Who asks.</param>
    /// <param name="options">Another Resource Manager than the public cloud's.</param>
    public ClusterCredentials(Func<TokenCredential> credential, ArmClientOptions? options = null)
    {
        _credential = credential;
        _options = options ?? new ArmClientOptions();
    }

    /// <summary>Gets access to a cluster.</summary>
    /// <param name="cluster">Its resource id.</param>
    /// <param name="createTokens">Makes what has tokens for an Entra application.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="OperationException">Resource Manager refuses, fails or answers something else.</exception>
    public async Task<KubernetesClientConfiguration> GetAsync(
        ResourceIdentifier cluster, Func<string, k8s.Authentication.ITokenProvider> createTokens, CancellationToken cancellationToken)
    {
        using var kubeconfig = new MemoryStream(await DownloadAsync(cluster, cancellationToken));
        var document = await KubernetesClientConfiguration.LoadKubeConfigAsync(kubeconfig);
        var user = CurrentUser(document);
        if (user is not { ExternalExecution: not null } and not { AuthProvider: not null })
        {
            return KubernetesClientConfiguration.BuildConfigFromConfigObject(document);
        }

        var application = ServerApplication(user);

        // The client wants a user to have something to show; what it is to show is had with each request.
        user.ExternalExecution = null;
        user.AuthProvider = null;
        user.Token = "none";
        var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(document);
        configuration.AccessToken = null;
        configuration.TokenProvider = createTokens(application);
        return configuration;
    }

    private static UserCredentials? CurrentUser(K8SConfiguration document)
    {
        var context = document.Contexts?.FirstOrDefault(context => context.Name == document.CurrentContext);
        return document.Users?.FirstOrDefault(user => user.Name == context?.ContextDetails?.User)?.UserCredentials;
    }

    /// <summary>The application that the cluster accepts tokens for: AKS's own but for clusters of an older kind, which have one each.</summary>
    private static string ServerApplication(UserCredentials user)
    {
        var arguments = user.ExternalExecution?.Arguments ?? [];
        var at = arguments.IndexOf("--server-id");
        var named = at >= 0 && at + 1 < arguments.Count ? arguments[at + 1] : user.AuthProvider?.Config?.GetValueOrDefault("apiserver-id");
        return Guid.TryParse(named, out var application) ? application.ToString() : AksApplication;
    }

    private async Task<byte[]> DownloadAsync(ResourceIdentifier cluster, CancellationToken cancellationToken)
    {
        var doing = $"get the credentials of the cluster {cluster.Name}";
        var environment = _options.Environment ?? ArmEnvironment.AzurePublicCloud;
        var pipeline = HttpPipelineBuilder.Build(_options, new BearerTokenAuthenticationPolicy(_credential(), environment.DefaultScope));
        using var message = pipeline.CreateMessage();
        message.Request.Method = RequestMethod.Post;
        message.Request.Uri.Reset(environment.Endpoint);
        message.Request.Uri.AppendPath($"{cluster}/listClusterUserCredential", escape: false);
        message.Request.Uri.AppendQuery("api-version", ApiVersion);
        message.Request.Uri.AppendQuery("format", "exec");
        message.Request.Headers.Add(HttpHeader.Common.JsonAccept);
        try
        {
            await pipeline.SendAsync(message, cancellationToken);
            return message.Response.IsError ? throw new RequestFailedException(message.Response) : Read(message.Response.Content, cluster);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException)
        {
            throw ArmErrors.Translate(e, doing, AccessHint, "The cluster does not exist: correct Restart:Cluster.");
        }
    }

    // Without a cause: what does not parse may be a key.
    private static byte[] Read(BinaryData content, ResourceIdentifier cluster)
    {
        try
        {
            using var document = JsonDocument.Parse(content);
            return document.RootElement.GetProperty("kubeconfigs").EnumerateArray().First().GetProperty("value").GetBytesFromBase64();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new OperationException(
                OperationError.Unsupported, $"Azure Resource Manager returned no kubeconfig for the cluster {cluster.Name}. Check that it is an Azure Kubernetes Service cluster.");
        }
    }
}

using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using k8s;
using k8s.Authentication;
using k8s.Exceptions;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using YamlDotNet.Core;

namespace TfeBackup.Azure.Restarts;

/// <summary>
/// Reaches a Kubernetes API by the cluster's resource id, by a kubeconfig that is a secret, at an address with a token of Microsoft Entra ID, or from inside the cluster by
/// its service account. Each client is made anew, from what resource and secret are then.
/// </summary>
internal sealed class KubernetesAccess(
    AksDefinition definition, ISecretSource secrets, Func<TokenCredential> credential, ClusterCredentials clusters) : IKubernetesAccess
{
    /// <inheritdoc/>
    public string Description => definition switch
    {
        { Cluster: { } cluster } => $"the Kubernetes API of the cluster {new ResourceIdentifier(cluster).Name}",
        { Kubeconfig: { } kubeconfig } => $"the Kubernetes API of the kubeconfig '{kubeconfig.Name}'",
        { ApiServer: { } server } => $"the Kubernetes API at {server.GetLeftPart(UriPartial.Authority)}",
        _ => "the Kubernetes API of this cluster",
    };

    /// <inheritdoc/>
    public async Task<IKubernetes> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return new Kubernetes(await ConfigureAsync(cancellationToken));
        }
        catch (Exception e) when (e is KubeConfigException or KubernetesClientException or YamlException or CryptographicException or FormatException or IOException or UnauthorizedAccessException)
        {
            // Without the cause: its message may quote the file, and that holds keys.
            throw new OperationException(
                OperationError.InvalidConfiguration,
                definition.Cluster is not null ? $"{Description} cannot be reached: Azure Resource Manager returned no kubeconfig with a usable current context."
                    : definition.Kubeconfig is { } kubeconfig
                    ? $"The secret '{kubeconfig.Name}' is not a kubeconfig with a usable current context. Set it to what 'az aks get-credentials --file -' prints."
                    : $"{Description} cannot be reached: this process does not run in a cluster, or its CA file is invalid. Expected Restart:Cluster, Restart:KubeconfigSecret, or Restart:ApiServer with Restart:CaFile.");
        }
    }

    private async Task<KubernetesClientConfiguration> ConfigureAsync(CancellationToken cancellationToken)
    {
        if (definition.Cluster is { } cluster)
        {
            return await clusters.GetAsync(new ResourceIdentifier(cluster), application => new EntraTokens(credential(), application), cancellationToken);
        }

        if (definition.Kubeconfig is { } kubeconfig)
        {
            var secret = await secrets.GetAsync(kubeconfig, cancellationToken);
            using var yaml = new MemoryStream(Encoding.UTF8.GetBytes(secret.Reveal()));
            return await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(yaml);
        }

        if (definition.ApiServer is { } server)
        {
            var configuration = new KubernetesClientConfiguration
            {
                Host = server.GetLeftPart(UriPartial.Authority),
                TokenProvider = new EntraTokens(credential(), ClusterCredentials.AksApplication),
            };
            if (definition.CaFile is { } file)
            {
                configuration.SslCaCerts = [];
                configuration.SslCaCerts.ImportFromPemFile(file);
            }

            return configuration;
        }

        return KubernetesClientConfiguration.InClusterConfig();
    }

    private sealed class EntraTokens(TokenCredential credential, string application) : ITokenProvider
    {
        public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
        {
            var token = await credential.GetTokenAsync(new TokenRequestContext([$"{application}/.default"]), cancellationToken);
            return new AuthenticationHeaderValue("Bearer", token.Token);
        }
    }
}

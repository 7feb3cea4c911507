using TfeBackup.Operations.Model;

namespace TfeBackup.Installations;

/// <summary>
/// The deployment that an application is in Kubernetes, and how its API is reached: by <see cref="Cluster"/>, by <see cref="Kubeconfig"/>, at
/// <see cref="ApiServer"/> with an Entra token, or, with none of them, from a pod of the same cluster.
/// </summary>
/// <param name="Namespace"><c>Namespace</c>.</param>
/// <param name="Deployment"><c>Deployment</c>: its name; <c>terraform-enterprise</c> by default.</param>
/// <param name="Replicas"><c>Replicas</c>: how many to start where nobody noted how many there were; 1 by default.</param>
/// <param name="Kubeconfig"><c>KubeconfigSecret</c>: names the secret that holds a kubeconfig, whose current context counts.</param>
/// <param name="ApiServer"><c>ApiServer</c>: the API's address.</param>
/// <param name="CaFile"><c>CaFile</c>: full path of a PEM file with the certificates that vouch for the API server.</param>
public sealed record AksDefinition(
    string Namespace, string Deployment, int Replicas, SecretReference? Kubeconfig, Uri? ApiServer, string? CaFile)
{
    /// <summary><c>Cluster</c>: the Azure resource id of the AKS cluster, whose address and credentials Resource Manager then has.</summary>
    public string? Cluster { get; init; }
}

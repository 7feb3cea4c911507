using k8s;

namespace TfeBackup.Azure.Restarts;

/// <summary>Access to a Kubernetes API.</summary>
internal interface IKubernetesAccess
{
    /// <summary>The API's description for messages. Never a secret.</summary>
    string Description { get; }

    /// <summary>Makes a client, which asks nothing yet.</summary>
    /// <exception cref="Operations.Model.OperationException">
    /// <see cref="Operations.Model.OperationError.InvalidConfiguration"/>: what is configured leads nowhere. What the source of secrets throws.
    /// </exception>
    Task<IKubernetes> ConnectAsync(CancellationToken cancellationToken);
}

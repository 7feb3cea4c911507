using k8s;

namespace TfeBackup.Azure.Restarts;

/// <summary>How a Kubernetes API is reached.</summary>
internal interface IKubernetesAccess
{
    /// <summary>What is reached, for messages. Never a secret.</summary>
    string Description { get; }

    /// <summary>Makes a client, which asks nothing yet.</summary>
    /// <exception cref="Workflows.WorkflowException">
    /// <see cref="Workflows.WorkflowError.InvalidConfiguration"/>: what is configured leads nowhere. What the source of secrets throws.
    /// </exception>
    Task<IKubernetes> ConnectAsync(CancellationToken cancellationToken);
}

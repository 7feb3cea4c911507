using TfeBackup.Operations.Model;

namespace TfeBackup.Installations;

/// <summary>What was seen at the endpoint of an installation's service.</summary>
public sealed record EndpointFacts
{
    /// <summary>What is wrong; null where the service answers. Then, and only then, the rest is known.</summary>
    public EndpointFault? Fault { get; init; }

    /// <summary>What was seen, for the message.</summary>
    public string? Detail { get; init; }

    /// <summary>When the certificate expires; null without TLS.</summary>
    public DateTimeOffset? CertificateExpires { get; init; }

    /// <summary>Whether the service accepts the token; null where it cannot tell without a backup, as the vendor's.</summary>
    public bool? TokenAccepted { get; init; }

    /// <summary>How far this machine's clock is ahead of the service's, to a second or so; null where it did not say its time.</summary>
    public TimeSpan? ClockAhead { get; init; }

    /// <summary>Whether application and service are ready; null after a fault.</summary>
    public InstallationStatus? Status { get; init; }
}

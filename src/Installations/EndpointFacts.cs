using TfeBackup.Operations.Model;

namespace TfeBackup.Installations;

/// <summary>The findings at the endpoint of an installation's service.</summary>
public sealed record EndpointFacts
{
    /// <summary>The fault; null if the service answers. Then, and only then, the rest is known.</summary>
    public EndpointFault? Fault { get; init; }

    /// <summary>The finding, for the message.</summary>
    public string? Detail { get; init; }

    /// <summary>When the certificate expires; null without TLS.</summary>
    public DateTimeOffset? CertificateExpires { get; init; }

    /// <summary>True if the service accepts the token; null if that is unknown without a backup, as with the vendor's.</summary>
    public bool? TokenAccepted { get; init; }

    /// <summary>The time by which this machine's clock is ahead of the service's, to a second or so; null if unknown.</summary>
    public TimeSpan? ClockAhead { get; init; }

    /// <summary>The readiness of application and service; null after a fault.</summary>
    public InstallationStatus? Status { get; init; }
}

using TfeBackup.Engine.Settings;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations;

/// <summary>The connection to one installation, and the restart of its application: <c>Installations:&lt;name&gt;</c>.</summary>
public sealed record InstallationConnection
{
    /// <summary>The key it is configured under.</summary>
    public required string Name { get; init; }

    /// <summary><c>Mode</c>.</summary>
    public InstallationMode Mode { get; init; }

    /// <summary><c>Endpoint</c>: the address below which <c>/_backup/api/v1</c> answers; null in direct mode, where nothing does.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary><c>TokenSecret</c>: names the bearer token; null in direct mode.</summary>
    public SecretReference? Token { get; init; }

    /// <summary><c>Direct</c>: where its data is, and the names of the secrets it takes to get at it; null in API mode.</summary>
    public InstallationSettings? Direct { get; init; }

    /// <summary><c>CaFile</c>: full path of a PEM file with the certificates that vouch for the endpoint; null for the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary><c>Restart</c>: how its application is stopped and started.</summary>
    public RestartDefinition Restart { get; init; } = RestartDefinition.ByHand;

    /// <summary><c>Health:Url</c>: the readiness endpoint of the application; null to derive it from the endpoint.</summary>
    public Uri? HealthUrl { get; init; }

    /// <summary>The secrets it takes to reach it.</summary>
    public IReadOnlyCollection<SecretReference> Secrets() =>
    [
        .. ((SecretReference?[])[Token]).OfType<SecretReference>(),
        .. ((string?[])[Direct?.PostgresPasswordSecret, Direct?.Vault?.TokenSecret, Direct?.Vault?.SecretIdSecret, Direct?.ObjectStore.ConnectionStringSecret])
            .OfType<string>().Select(name => new SecretReference(name)),
    ];
}

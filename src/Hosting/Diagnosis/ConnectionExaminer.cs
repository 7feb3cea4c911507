using TfeBackup.Installations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Hosting.Diagnosis;

/// <summary>Looks at the way to one installation: its service's endpoint, certificate, token, readiness and clock, or in direct mode its parts.</summary>
internal sealed class ConnectionExaminer(
    InstallationConnection connection, InstallationClients clients, ISecretSource secrets, ApiInstallationOptions options, TimeProvider time)
{
    private static readonly TimeSpan ExpiresSoon = TimeSpan.FromDays(30);
    private static readonly TimeSpan ClockWarning = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ClockFailure = TimeSpan.FromMinutes(5);

    public async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellationToken)
    {
        try
        {
            return connection.Mode == InstallationMode.Direct
                ? await ExaminePartsAsync(cancellationToken)
                : await ExamineEndpointAsync(cancellationToken);
        }
        catch (OperationException e) when (e.Error is OperationError.NotFound || e.Remedy is not null)
        {
            // Secrets are a finding of their own.
            return [];
        }
        catch (OperationException e)
        {
            return
            [
                Finding.Failed(Subject("endpoint"), e.Message, e.Message.Contains("is not a token", StringComparison.Ordinal)
                    ? "Copy the token again, without line breaks: the settings dashboard shows it, and so does the service's token file."
                    : "Correct the setting it names."),
            ];
        }
    }

    private async Task<IReadOnlyList<Finding>> ExamineEndpointAsync(CancellationToken cancellationToken)
    {
        var facts = await new EndpointInspection(connection, secrets, options, time).LookAsync(cancellationToken);
        if (facts.Fault is { } fault)
        {
            var subject = fault is EndpointFault.CertificateExpired or EndpointFault.CertificateName or EndpointFault.CertificateUntrusted ? "certificate" : "endpoint";
            return [Finding.Failed(Subject(subject), $"{connection.Endpoint}: {Describe(fault)}{(facts.Detail is { } detail ? $" ({detail})" : "")}.", Remedy(fault))];
        }

        return [.. ((Finding?[])[Endpoint(), Certificate(facts), Token(facts), Readiness(facts.Status!), Clock(facts)]).OfType<Finding>()];
    }

    private Finding Endpoint() =>
        connection.Endpoint is { Scheme: "http", IsLoopback: false }
            ? Finding.Warning(Subject("endpoint"), $"{connection.Endpoint} is not encrypted: token, password and data cross the network as they are.", "Give the service a certificate and use https.")
            : Finding.Ok(Subject("endpoint"), $"{connection.Endpoint} answers");

    private Finding? Certificate(EndpointFacts facts) => (facts.CertificateExpires - time.GetUtcNow()) switch
    {
        null => null,
        { } left when left < ExpiresSoon => Finding.Warning(
            Subject("certificate"), $"It expires on {facts.CertificateExpires:yyyy-MM-dd}, in {left.TotalDays:0} days: {facts.Detail}.", "Renew it; backups fail from that day on."),
        { } left => Finding.Ok(Subject("certificate"), $"trusted, and valid for {left.TotalDays:0} more days"),
    };

    private Finding Token(EndpointFacts facts) => facts.TokenAccepted switch
    {
        true => Finding.Ok(Subject("token"), $"the service accepts the token in the secret {connection.Token}"),
        false => Finding.Failed(
            Subject("token"), $"{connection.Endpoint} refuses the token in the secret {connection.Token}.", "Copy the token from the installation's settings dashboard into that secret; after a rotation there, the old one ends."),
        _ => Finding.Ok(Subject("token"), $"not tried: the service has no call for it that does nothing (the vendor's has none); the secret {connection.Token} is there"),
    };

    private Finding Readiness(InstallationStatus status) => status.Ready
        ? Finding.Ok(Subject("readiness"), status.Detail)
        : Finding.Failed(Subject("readiness"), status.Detail, "Mend the part it names, beside the installation; its log says more.");

    private Finding? Clock(EndpointFacts facts) => facts.ClockAhead?.Duration() switch
    {
        { } off when off > ClockWarning => new Finding(
            Subject("clock"),
            off > ClockFailure ? FindingLevel.Failed : FindingLevel.Warning,
            $"This machine's clock is {off.TotalSeconds:0} s {(facts.ClockAhead > TimeSpan.Zero ? "ahead of" : "behind")} the service's.",
            "Synchronise both clocks (systemd-timesyncd or chrony): schedules, tokens and certificates go by them."),
        { } => Finding.Ok(Subject("clock"), "agrees with the service's"),
        _ => null,
    };

    private async Task<IReadOnlyList<Finding>> ExaminePartsAsync(CancellationToken cancellationToken)
    {
        var (parts, expires) = await ((DirectInstallation)clients.Create(connection)).ExamineAsync(cancellationToken);
        var findings = parts.Select(part => part.Failure is { } failure
            ? Finding.Failed(Subject(NameOf(part.Part)), failure, Remedy(part.Part))
            : Finding.Ok(Subject(NameOf(part.Part)), "answers")).ToList();
        if (expires - time.GetUtcNow() is { } left && left < TimeSpan.FromDays(1) && connection.Direct?.Vault?.RoleId is null)
        {
            findings.Add(Finding.Warning(
                Subject("vault"), $"The token expires in {left.TotalHours:0.0} hours.", "Use an AppRole (RoleId and SecretIdSecret), which logs in anew, or a token with a period."));
        }

        return findings;
    }

    private static string NameOf(string part) => part == "objectStore" ? "object store" : part;

    private static string Remedy(string part) => part switch
    {
        "database" => "Check Direct:Postgres and the secret in Direct:PostgresPasswordSecret with psql from this machine.",
        "vault" => "Unseal Vault, or correct Direct:Vault (Address, CaFile, TokenSecret, Mount); its policy needs decrypt and encrypt on the Transit keys.",
        _ => "Correct Direct:ObjectStore, or give this user or identity access to it.",
    };

    private static string Describe(EndpointFault fault) => fault switch
    {
        EndpointFault.NameUnknown => "its name cannot be resolved",
        EndpointFault.ConnectionRefused => "the connection was refused",
        EndpointFault.NoAnswer => "nothing answers",
        EndpointFault.NotTls => "what answers does not speak TLS",
        EndpointFault.CertificateExpired => "its certificate has expired or is not valid yet",
        EndpointFault.CertificateName => "its certificate is for another name",
        EndpointFault.CertificateUntrusted => "its certificate was signed by an authority that is not trusted",
        _ => "what answers is not the backup API",
    };

    private string Remedy(EndpointFault fault) => fault switch
    {
        EndpointFault.NameUnknown => "Correct the host in Endpoint, or the name service of this machine.",
        EndpointFault.ConnectionRefused => "Start the service beside the installation, or correct the port in Endpoint.",
        EndpointFault.NoAnswer => "Check the address in Endpoint, and that firewalls and security groups let this machine through.",
        EndpointFault.NotTls => "Begin Endpoint with http:// (on this machine only), or correct its port.",
        EndpointFault.CertificateExpired => "Renew the certificate, or correct the clock of this machine.",
        EndpointFault.CertificateName => "Use the name in the certificate as Endpoint, or have a certificate made for this name.",
        EndpointFault.CertificateUntrusted => connection.CaFile is { } file
            ? $"Add the certificate of its authority (PEM) to {file}."
            : $"Set Installations:{connection.Name}:CaFile to the certificate of its authority (PEM).",
        _ => "Endpoint must be the address below which /_backup/api/v1 answers; remove any path, or go past the proxy.",
    };

    private string Subject(string what) => $"{connection.Name}: {what}";
}

using TfeBackup.Hosting.Configuration;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Hosting.Diagnosis;

/// <summary>Checks that every secret the configuration names exists, is safe, and does not expire soon.</summary>
internal sealed class SecretsExaminer(BackupConfiguration configuration, ISecretSource secrets, TimeProvider time)
{
    private const UnixFileMode OthersMayWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    public async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        var names = configuration.Installations.Values.SelectMany(Secrets).Concat(configuration.NotificationSecrets()).Distinct().ToList();
        foreach (var secret in names)
        {
            var found = await ExamineAsync(secret, cancellationToken);

            // An unusable file is one fault, not one for every secret.
            if (found is not null && findings.All(other => other.Detail != found.Detail))
            {
                findings.Add(found);
            }
        }

        if (FolderFault() is { } folder)
        {
            findings.Add(folder);
        }

        if (configuration.Secrets.Kind == SecretsKind.Environment)
        {
            findings.Add(Finding.Warning(
                "secrets",
                "Environment variables know no versions: once a password is changed, the backups made with the old one cannot be opened by name.",
                "Use Secrets:Kind File or KeyVault, which keep the versions that older backups need."));
        }

        return findings.Exists(finding => finding.Level == FindingLevel.Failed)
            ? findings
            : [Finding.Ok("secrets", $"{names.Count} found in {secrets.Description}"), .. findings];
    }

    private static IEnumerable<SecretReference> Secrets(InstallationConfiguration installation) =>
    [
        .. installation.Definition.Secrets,
        .. ((SecretReference?[])[installation.Connection.Restart.Ssh?.Key, installation.Connection.Restart.Aks?.Kubeconfig]).OfType<SecretReference>(),
    ];

    private async Task<Finding?> ExamineAsync(SecretReference secret, CancellationToken cancellationToken)
    {
        try
        {
            var value = await secrets.GetAsync(secret, cancellationToken);
            return value.ExpiresOn is { } expires && expires - time.GetUtcNow() < Soon
                ? Finding.Warning("secrets", $"The secret {secret} expires on {expires:yyyy-MM-dd}.", "Rotate it; in Key Vault, keep the old version enabled for older backups.")
                : null;
        }
        catch (OperationException e)
        {
            var remedy = e.Error switch
            {
                OperationError.NotFound => Remedy(secret),
                OperationError.Refused => configuration.Secrets.Kind == SecretsKind.KeyVault
                    ? "Give this identity the role Key Vault Secrets User on the vault."
                    : "Run as the user the file belongs to, or give the file to this user.",
                _ => "See that the source of secrets answers, then run doctor again.",
            };
            return Finding.Failed("secrets", e, remedy);
        }
    }

    private string Remedy(SecretReference secret) => configuration.Secrets.Kind switch
    {
        SecretsKind.File => $"Add \"{secret.Name}\": \"<value>\" to {configuration.Secrets.Path}, or correct the name in the document.",
        SecretsKind.KeyVault => $"Set the secret {secret.Name} in the vault, or correct the name in the document.",
        _ => $"Set the variable {Local.Secrets.EnvironmentSecretSource.VariableOf(secret.Name)} for this process, or correct the name in the document.",
    };

    private Finding? FolderFault()
    {
        if (OperatingSystem.IsWindows() || configuration.Secrets.Path is not { } path || Path.GetDirectoryName(path) is not { Length: > 0 } folder || !Directory.Exists(folder))
        {
            return null;
        }

        var mode = new DirectoryInfo(folder).UnixFileMode;
        return (mode & OthersMayWrite) != 0 && !mode.HasFlag(UnixFileMode.StickyBit)
            ? Finding.Failed("secrets", $"Others may write into {folder}, and so replace the secrets file (mode {Convert.ToString((int)mode, 8)}).", $"Take that away: chmod go-w '{folder}'.")
            : null;
    }
}

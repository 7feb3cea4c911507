using System.Globalization;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Local.Secrets;
using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Setup;

/// <summary>Gives an installation's backups a new password; the old version stays for the backups that were made with it.</summary>
/// <param name="composition">Creates the store.</param>
/// <param name="configuration">The configuration that names the secret.</param>
/// <param name="time">The clock, which names versions.</param>
public sealed class PasswordRotation(Composition composition, BackupConfiguration configuration, TimeProvider time)
{
    /// <summary>Rotates it.</summary>
    /// <param name="installation">The installation.</param>
    /// <param name="value">The new password; null to generate one.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The secret, with its new current version.</returns>
    /// <exception cref="OperationException">The secret is not in a file, or existing backups could no longer be opened.</exception>
    public async Task<SecretReference> RotateAsync(string installation, string? value, CancellationToken cancellationToken)
    {
        var name = configuration.GetInstallation(installation).Definition.Password.Name;
        if (configuration.Secrets is not { Kind: SecretsKind.File, Path: { } path })
        {
            throw new OperationException(
                OperationError.Unsupported,
                configuration.Secrets.Kind == SecretsKind.KeyVault
                    ? $"Key Vault keeps versions by itself: set a new one with 'az keyvault secret set --vault-name {configuration.Secrets.VaultUri!.Host.Split('.')[0]} --name {name} --file FILE', and leave the old ones enabled."
                    : "Environment variables know no versions: a backup made with the old password could not be opened by name any more. Keep secrets in a file (Secrets:Kind = File) or in Key Vault.");
        }

        var source = new FileSecretSource(path);
        if ((await source.GetAsync(new SecretReference(name), cancellationToken)).Reference.Version is null)
        {
            await RequireNoBackupsWithoutVersionAsync(name, cancellationToken);
        }

        var version = await source.AddVersionAsync(name, VersionOf(time.GetUtcNow()), value ?? Passphrase.Create(), cancellationToken);
        return new SecretReference(name, version);
    }

    internal static string VersionOf(DateTimeOffset now) => now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    // Their records name no version, so they would be opened with the current one.
    private async Task RequireNoBackupsWithoutVersionAsync(string name, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var record in composition.CreateStore(configuration.Store).ListAsync(null, cancellationToken))
        {
            count += record.Password.Name == name && record.Password.Version is null ? 1 : 0;
        }

        if (count > 0)
        {
            throw new OperationException(
                OperationError.Conflict,
                $"The secret {name} has no versions, and {count} backups were recorded so: after a rotation they would be tried with the new password. "
                    + $"Leave {name} as it is, and set PasswordSecret to a new name; 'tfe-backup password new --save NAME' adds it.");
        }
    }
}

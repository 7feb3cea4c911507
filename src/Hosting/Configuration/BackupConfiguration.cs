using Microsoft.Extensions.Configuration;
using TfeBackup.Engine.Settings;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;

namespace TfeBackup.Hosting.Configuration;

/// <summary>The configuration document, the same for every host.</summary>
public sealed class BackupConfiguration
{
    /// <summary><c>Installations</c>, by name.</summary>
    public required IReadOnlyDictionary<string, InstallationConfiguration> Installations { get; init; }

    /// <summary><c>Store</c>.</summary>
    public required StoreDefinition Store { get; init; }

    /// <summary><c>Secrets</c>.</summary>
    public required SecretsDefinition Secrets { get; init; }

    /// <summary><c>State</c>.</summary>
    public required StateDefinition State { get; init; }

    /// <summary><c>Operations</c>.</summary>
    public OperationsDefinition Operations { get; init; } = new();

    /// <summary><c>Notifications</c>; empty where nobody is told.</summary>
    public IReadOnlyList<NotificationDefinition> Notifications { get; init; } = [];

    /// <summary>
    /// Reads and checks a configuration. Keys are as .NET configuration has them, so environment variables and files mix. A key that means
    /// nothing is an error: a misspelt <c>KeepLast</c> must not delete backups.
    /// </summary>
    /// <param name="configuration">Holds <c>Installations</c>, <c>Store</c>, <c>Secrets</c>, <c>State</c>, <c>Operations</c> and <c>Notifications</c>; sections of other software beside them are left alone.</param>
    /// <param name="source">Its name in messages: the file's path.</param>
    /// <param name="baseDirectory">The base of relative paths: the file's folder.</param>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.InvalidConfiguration"/>: one line for each fault, with source, key and what was expected; never a value that may be secret.
    /// </exception>
    public static BackupConfiguration Read(IConfiguration configuration, string source, string baseDirectory)
    {
        return Read(configuration, _ => source, baseDirectory, wholeDocument: false);
    }

    /// <summary>
    /// Reads and checks a configuration that is nobody else's: a top-level key that means nothing is an error too.
    /// </summary>
    /// <param name="configuration">Holds <c>Installations</c>, <c>Store</c>, <c>Secrets</c>, <c>State</c>, <c>Operations</c> and <c>Notifications</c>.</param>
    /// <param name="sourceOf">The origin of a key's value, for messages: the file's path, a variable's name.</param>
    /// <param name="baseDirectory">The base of relative paths: the file's folder.</param>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.InvalidConfiguration"/>: one line for each fault, with source, key and what was expected; never a value that may be secret.
    /// </exception>
    public static BackupConfiguration ReadDocument(IConfiguration configuration, Func<string, string> sourceOf, string baseDirectory)
    {
        ArgumentNullException.ThrowIfNull(sourceOf);
        return Read(configuration, sourceOf, baseDirectory, wholeDocument: true);
    }

    /// <summary>The secrets that notifications need.</summary>
    public IReadOnlyCollection<SecretReference> NotificationSecrets() =>
        [.. Notifications.SelectMany(notification => (SecretReference?[])[notification.Url, notification.SigningKey]).OfType<SecretReference>()];

    /// <summary>The installations as operations see them.</summary>
    public IReadOnlyCollection<InstallationDefinition> Definitions => [.. Installations.Values.Select(installation => installation.Definition)];

    /// <summary>An installation by name.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>, naming the installations there are.</exception>
    public InstallationConfiguration GetInstallation(string name) =>
        Installations.TryGetValue(name, out var found)
            ? found
            : throw new OperationException(
                OperationError.NotFound,
                $"There is no installation '{name}'; configured are: {string.Join(", ", Installations.Keys.Order(StringComparer.Ordinal))}.");

    private static BackupConfiguration Read(
        IConfiguration configuration, Func<string, string> sourceOf, string baseDirectory, bool wholeDocument)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var document = new SettingsDocument(configuration.AsEnumerable(), sourceOf, baseDirectory);
        var root = document.Root;
        if (!wholeDocument)
        {
            root.AllowAll();
        }

        var read = Read(root);
        return document.FindFaults() is { Count: > 0 } faults
            ? throw new OperationException(OperationError.InvalidConfiguration, string.Join('\n', faults)) { Faults = faults }
            : read;
    }

    /// <summary>Reads what may be wrong still.</summary>
    internal static BackupConfiguration Read(SettingsNode root)
    {
        // Read by editors.
        _ = root.Text("$schema");
        return new BackupConfiguration
        {
            Installations = InstallationReader.ReadAll(root.Section("Installations")),
            Store = StoreReader.ReadStore(root.Section("Store")),
            Secrets = StoreReader.ReadSecrets(root.Section("Secrets")),
            State = StoreReader.ReadState(root.Section("State")),
            Operations = OperationsReader.Read(root.Section("Operations")),
            Notifications = NotificationReader.ReadAll(root.Section("Notifications")),
        };
    }
}

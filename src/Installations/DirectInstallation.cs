using Microsoft.Extensions.Logging;
using Npgsql;
using TfeBackup.Engine;
using TfeBackup.Engine.Restores;
using TfeBackup.Engine.Settings;
using TfeBackup.Installations.Direct;
using TfeBackup.Installations.Http;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Installations;

/// <summary>
/// An installation with no service beside it: the engine runs here, and connects to its database, object store and Vault. For external services,
/// which can be reached from elsewhere. Every call fetches the secrets it needs, and lets go of them and of its connections when it ends.
/// </summary>
/// <param name="definition">The installation as configured, in direct mode.</param>
/// <param name="secrets">The source of passwords and tokens.</param>
/// <param name="factory">Connects to its database, store and Vault.</param>
/// <param name="loggers">Loggers for the engine.</param>
/// <param name="time">The clock.</param>
public sealed class DirectInstallation(
    InstallationConnection definition, ISecretSource secrets, InstallationFactory factory, ILoggerFactory loggers, TimeProvider time) : IInstallation
{
    private static readonly TimeSpan StatusTimeout = TimeSpan.FromSeconds(10);

    private readonly InstallationSettings _settings = definition.Direct
        ?? throw new OperationException(
            OperationError.InvalidConfiguration, $"Installations:{definition.Name}:Direct is missing; expected a section that says where its data is.");

    /// <inheritdoc/>
    public string Name => definition.Name;

    /// <inheritdoc/>
    public async Task<InstallationStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        await using var connected = await ConnectAsync("The status", cancellationToken);
        var parts = await InstallationHealth.CheckAsync(connected.Installation, StatusTimeout, time, thorough: false, cancellationToken);
        var failing = parts.Where(part => part.Failure is not null).ToList();
        var application = await AskApplicationAsync(cancellationToken);
        var said = failing.Count == 0
            ? $"{string.Join(", ", parts.Select(part => part.Part))}: OK"
            : string.Join("; ", failing.Select(part => $"{part.Part}: {part.Failure}"));
        return new InstallationStatus
        {
            Ready = failing.Count == 0 && application is null or { Ready: true },
            Detail = ServiceAnswer.Quote(application is null ? said : $"{application.Detail}; {said}", []),
            Draining = application is { Draining: true },
            Content = failing.Count == 0 ? await InspectAsync(connected.Installation, cancellationToken) : InstallationContent.Unknown,
            FreeBytes = failing.Count == 0 ? connected.Installation.Objects.FindFreeBytes() : null,
            ProductVersion = _settings.ProductVersion,
        };
    }

    /// <summary>Looks at its parts one by one.</summary>
    /// <returns>Each part with its fault, if any, and the expiry of Vault's token, if known.</returns>
    /// <exception cref="OperationException">A secret or a setting cannot be used.</exception>
    public async Task<(IReadOnlyList<(string Part, string? Failure)> Parts, DateTimeOffset? TokenExpires)> ExamineAsync(CancellationToken cancellationToken)
    {
        await using var connected = await ConnectAsync("The examination", cancellationToken);
        var parts = await InstallationHealth.CheckAsync(connected.Installation, StatusTimeout, time, thorough: true, cancellationToken);
        return (parts, connected.Installation.Transit?.TokenLife?.Expires);
    }

    /// <inheritdoc/>
    public async Task<Stream> BackupAsync(string password, bool skipObjectStorage, CancellationToken cancellationToken)
    {
        var doing = $"The backup of {Name}";
        var connected = await ConnectAsync(doing, cancellationToken);
        try
        {
            var backup = await InstallationBackup.PrepareAsync(
                connected.Installation, new BackupRequest(password, skipObjectStorage), time, loggers, cancellationToken);
            return new DirectBackupStream(connected, backup, e => Translate(doing, e));
        }
        catch (Exception e)
        {
            await connected.DisposeAsync();
            if (Translate(doing, e) is { } failure)
            {
                throw failure;
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public async Task RestoreAsync(Stream snapshot, string password, RestoreOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var doing = $"The restore into {Name}";
        await using var connected = await ConnectAsync(doing, cancellationToken);
        try
        {
            await new InstallationRestore(connected.Installation, time, loggers).RunAsync(
                snapshot, new RestoreRequest(password, options.Overwrite) { OperationId = options.OperationId, NotValid = options.NotValid }, cancellationToken);
        }
        catch (Exception e) when (Translate(doing, e) is { } failure)
        {
            throw failure;
        }
    }

    /// <inheritdoc/>
    public async Task<RestoreOutcome> FindRestoreAsync(string operationId, CancellationToken cancellationToken)
    {
        var doing = $"Asking {Name} about its restore {operationId}";
        await using var connected = await ConnectAsync(doing, cancellationToken);
        try
        {
            var ledger = new RestoreLedger(connected.Installation);
            var state = (await ledger.FindAsync(operationId, cancellationToken)).State;
            if (state == RestoreState.Committed)
            {
                // Without a service nobody else promotes the objects.
                _ = await new InstallationRecovery(connected.Installation, loggers.CreateLogger<InstallationRecovery>()).RunAsync(cancellationToken);
                state = (await ledger.FindAsync(operationId, cancellationToken)).State;
            }

            return state switch
            {
                RestoreState.Running or RestoreState.Committed => RestoreOutcome.Running,
                RestoreState.Restored => RestoreOutcome.Applied,
                RestoreState.Failed => RestoreOutcome.NotApplied,
                _ => RestoreOutcome.Unknown,
            };
        }
        catch (Exception e) when (Translate(doing, e) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>A failure of the engine as operations know it; null for what passes through as it is: the store's failures, a cancellation.</summary>
    private static OperationException? Translate(string doing, Exception exception)
    {
        return EngineFailures.KindOf(exception) is { } kind ? new OperationException(kind, $"{doing} failed: {exception.Message}", exception) : null;
    }

    private async Task<DirectConnection> ConnectAsync(string doing, CancellationToken cancellationToken)
    {
        var values = new InstallationSecrets
        {
            PostgresPassword = await RevealAsync(_settings.PostgresPasswordSecret, cancellationToken),
            VaultToken = await RevealAsync(_settings.Vault?.TokenSecret, cancellationToken),
            VaultSecretId = await RevealAsync(_settings.Vault?.SecretIdSecret, cancellationToken),
            ObjectStoreConnectionString = await RevealAsync(_settings.ObjectStore.ConnectionStringSecret, cancellationToken),
        };
        try
        {
            return new DirectConnection(factory.Create(_settings, values));
        }
        catch (EngineException e)
        {
            throw Translate(doing, e)!;
        }
    }

    private async Task<string?> RevealAsync(string? secret, CancellationToken cancellationToken) =>
        secret is null ? null : (await secrets.GetAsync(new SecretReference(secret), cancellationToken)).Reveal();

    private async Task<InstallationStatus?> AskApplicationAsync(CancellationToken cancellationToken)
    {
        if (definition.HealthUrl is not { } health)
        {
            return null;
        }

        var options = new ApiInstallationOptions();
        using var connection = HttpConnection.Create(definition, options, observer: null);
        return await new ReadinessProbe(connection, health, isExact: true, options, time).AskApplicationAloneAsync(cancellationToken);
    }

    private async Task<InstallationContent> InspectAsync(Installation installation, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(StatusTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await InstallationInspection.InspectAsync(installation, ending.Token) switch
            {
                InstallationContents.Empty => InstallationContent.Empty,
                InstallationContents.Objects => InstallationContent.HoldsObjects,
                InstallationContents.Data => InstallationContent.HoldsData,
                _ => InstallationContent.Unknown,
            };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is OperationCanceledException or EngineException or NpgsqlException)
        {
            // Ready all the same; restores treat unknown content as data.
            return InstallationContent.Unknown;
        }
    }
}

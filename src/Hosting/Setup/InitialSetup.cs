using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Local.Files;
using TfeBackup.Local.Secrets;
using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Setup;

/// <summary>A first set-up of one machine that backs up one installation: its document, its secrets and its folders.</summary>
public sealed record InitialSetup
{
    private const string SecretsFile = "secrets.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The installation's name.</summary>
    public required string Installation { get; init; }

    /// <summary>The address of its service.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The token of its service. A secret.</summary>
    public required string Token { get; init; }

    /// <summary>The place backups are kept: a directory, or the address of a Blob container.</summary>
    public required string Store { get; init; }

    /// <summary>A PEM file that vouches for the endpoint; null for the system's authorities.</summary>
    public string? CaFile { get; init; }

    /// <summary>When backups are due.</summary>
    public string Schedule { get; init; } = "0 0 */6 * * *";

    /// <summary>The maximum age of the newest verified backup; null for two intervals of the schedule.</summary>
    public string? Rpo { get; init; }

    /// <summary>The file of the operations' histories; null for one beside the document.</summary>
    public string? State { get; init; }

    /// <summary>Name and address, without secrets.</summary>
    public override string ToString() => $"{Installation} at {Endpoint}";

    /// <summary>Checks it and writes it. Nothing that is there is replaced.</summary>
    /// <param name="path">The document's path; secrets and the operations' state go beside it.</param>
    /// <param name="now">The time, which names the password's first version.</param>
    /// <param name="read">Reads and checks a document.</param>
    /// <returns>The paths written.</returns>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.AlreadyExists"/>, or <see cref="OperationError.InvalidConfiguration"/> with a line for each fault; nothing was written then.
    /// </exception>
    public IReadOnlyList<string> Write(string path, DateTimeOffset now, Func<string, BackupConfiguration> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(path)!;
        var secretsPath = Path.Combine(folder, SecretsFile);
        foreach (var existing in ((string[])[path, secretsPath]).Where(Path.Exists))
        {
            throw new OperationException(OperationError.AlreadyExists, $"{existing} already exists and is not replaced. Move it away, or name another document with --config.");
        }

        var document = CreateDocument().ToJsonString(Indented) + "\n";
        var configuration = read(document);
        try
        {
            PrivateFiles.CreateFolder(folder);
            if (configuration.Store.Path is { } store)
            {
                PrivateFiles.CreateFolder(store);
            }

            PrivateFiles.Create(secretsPath, CreateSecrets(now).ToJsonString(Indented) + "\n");
            PrivateFiles.Create(path, document);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperationException(OperationError.Unavailable, $"Cannot write the set-up: {e.Message}", e);
        }

        return [path, secretsPath, .. ((string?[])[configuration.Store.Path]).OfType<string>()];
    }

    private JsonObject CreateDocument()
    {
        var installation = new JsonObject
        {
            [nameof(Endpoint)] = Endpoint,
            ["TokenSecret"] = $"{Installation}-token",
            ["PasswordSecret"] = $"{Installation}-password",
            [nameof(Schedule)] = Schedule,
            [nameof(Rpo)] = Rpo ?? DefaultRpo(),
            ["Retention"] = new JsonObject { ["KeepLast"] = 8, ["Daily"] = 14, ["Weekly"] = 8, ["Monthly"] = 12 },
        };
        if (CaFile is not null)
        {
            installation[nameof(CaFile)] = Path.GetFullPath(CaFile);
        }

        return new JsonObject
        {
            ["Installations"] = new JsonObject { [Installation] = installation },
            [nameof(Store)] = CreateStore(),
            ["Secrets"] = new JsonObject { ["Kind"] = nameof(SecretsKind.File), ["Path"] = SecretsFile },
            [nameof(State)] = new JsonObject { ["Path"] = State is null ? StateDefinition.FileName : Path.GetFullPath(State) },
        };
    }

    private JsonObject CreateStore() =>
        Uri.TryCreate(Store, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            ? new JsonObject
            {
                ["Kind"] = nameof(StoreKind.AzureBlob),
                ["ServiceUri"] = address.GetLeftPart(UriPartial.Authority),
                ["Container"] = address.AbsolutePath.Trim('/'),
            }
            : new JsonObject { ["Kind"] = nameof(StoreKind.Directory), ["Path"] = Path.GetFullPath(Store) };

    // Tolerates one missed backup, not two. An invalid schedule is reported by the check.
    private string DefaultRpo()
    {
        try
        {
            return (2 * BackupSchedule.Parse(Schedule).LongestGap(DateTimeOffset.UnixEpoch)).ToString("c");
        }
        catch (OperationException)
        {
            return TimeSpan.FromDays(1).ToString("c");
        }
    }

    private JsonObject CreateSecrets(DateTimeOffset now)
    {
        var version = PasswordRotation.VersionOf(now);
        return new JsonObject
        {
            [$"{Installation}-token"] = Token,
            [$"{Installation}-password"] = new JsonObject { ["current"] = version, ["versions"] = new JsonObject { [version] = Passphrase.Create() } },
        };
    }
}

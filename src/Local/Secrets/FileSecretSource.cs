using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TfeBackup.Local.Files;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Local.Secrets;

/// <summary>
/// Secrets from a JSON file that belongs to the user this runs as and that nobody else can read. It is read anew each time, so a
/// changed file counts at once.
/// </summary>
/// <remarks>
/// A secret is either its value, or the versions of it that are still needed, by names the operator gives them:
/// <code>
/// {
///   "production-token": "…",
///   "production-password": { "current": "2026-11", "versions": { "2026-05": "…", "2026-11": "…" } }
/// }
/// </code>
/// Versions have given names because none can be made from a value: a hash of a password that people can remember, which is
/// what backup records would then show, can be guessed.
/// </remarks>
public sealed class FileSecretSource : ISecretSource
{
    private const int LongestFile = 1 << 20;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _path;

    /// <summary>Creates the source. The file is not read before a secret is asked for.</summary>
    /// <param name="path">The file.</param>
    public FileSecretSource(string path) => _path = Path.GetFullPath(path);

    /// <inheritdoc/>
    public string Description => _path;

    /// <inheritdoc/>
    public async Task<SecretValue> GetAsync(SecretReference secret, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var bytes = await ReadAsync(cancellationToken);
        try
        {
            using var document = Parse(bytes);
            return document.RootElement.TryGetProperty(secret.Name, out var entry)
                ? Find(secret, entry)
                : throw new OperationException(OperationError.NotFound, $"The secrets file {_path} has no secret '{secret.Name}'.");
        }
        finally
        {
            Array.Clear(bytes);
        }
    }

    /// <summary>
    /// Gives a secret a new version, which is the current one from now on; the others stay. A value without versions becomes the version "1". Comments
    /// in the file are lost.
    /// </summary>
    /// <param name="name">The secret's name; created if missing.</param>
    /// <param name="version">The preferred name of the version; another one is used if it is taken.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The name of the version.</returns>
    public async Task<string> AddVersionAsync(string name, string version, string value, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        var bytes = await ReadAsync(cancellationToken);
        try
        {
            using var document = Parse(bytes);
            var secrets = JsonObject.Create(document.RootElement)!;
            var versions = new JsonObject();
            if (document.RootElement.TryGetProperty(name, out var entry))
            {
                // Do not rewrite a malformed file.
                _ = Find(new SecretReference(name), entry);
                versions = entry.ValueKind == JsonValueKind.String
                    ? new JsonObject { ["1"] = entry.GetString() }
                    : JsonObject.Create(entry.GetProperty("versions"))!;
            }

            var free = version;
            for (var number = 2; versions.ContainsKey(free); number++)
            {
                free = $"{version}.{number}";
            }

            versions[free] = value;
            secrets[name] = new JsonObject { ["current"] = free, ["versions"] = versions.DeepClone() };
            PrivateFiles.Replace(_path, secrets.ToJsonString(Indented) + "\n");
            return free;
        }
        finally
        {
            Array.Clear(bytes);
        }
    }

    private SecretValue Find(SecretReference secret, JsonElement entry)
    {
        if (entry.ValueKind == JsonValueKind.String)
        {
            return secret.Version is null
                ? Value(secret, entry)
                : throw new OperationException(
                    OperationError.NotFound,
                    $"The secrets file {_path} has '{secret.Name}' without versions, but version '{secret.Version}' was requested. "
                        + "Add it as { \"current\": \"…\", \"versions\": { … } }.");
        }

        if (entry.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("versions", out var versions) || versions.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("current", out var current) || current.ValueKind != JsonValueKind.String)
        {
            throw Malformed($"'{secret.Name}' is neither a string nor an object with \"current\" and \"versions\"");
        }

        var version = secret.Version ?? current.GetString()!;
        return versions.TryGetProperty(version, out var value)
            ? Value(secret with { Version = version }, value)
            : throw new OperationException(OperationError.NotFound, $"The secrets file {_path} has no version '{version}' of '{secret.Name}'.");
    }

    private SecretValue Value(SecretReference secret, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw Malformed($"the value of '{secret}' is not a string");
        }

        return value.GetString() is { Length: > 0 } text
            ? new SecretValue(secret, text)
            : throw new OperationException(OperationError.NotFound, $"The secrets file {_path} has '{secret}', but it is empty.");
    }

    private async Task<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
            if (PrivateFile.FindFault(file.SafeFileHandle) is { } fault)
            {
                throw Unusable(
                    $"The secrets file {_path} is not safe to use: {fault}.",
                    $"Restrict it to your user: chown \"$(id -un)\" '{_path}' && chmod 600 '{_path}'; if others could read it, rotate the secrets.");
            }

            if (file.Length > LongestFile)
            {
                throw Malformed($"it is longer than {LongestFile} bytes");
            }

            var bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes, cancellationToken);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unusable(
                $"The secrets file {_path} does not exist.",
                $"Create it for the current user only: install -m 600 /dev/null '{_path}', then write {{ \"<name>\": \"<value>\" }} into it.",
                e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new OperationException(OperationError.Refused, $"The secrets file {_path} cannot be read by the current user.", e);
        }
        catch (IOException e)
        {
            throw new OperationException(OperationError.Unavailable, $"The secrets file {_path} cannot be read: {e.Message}", e);
        }
    }

    private JsonDocument Parse(byte[] bytes)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(
                bytes, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            // Neither its message nor as inner exception: it may quote a secret.
            throw Malformed($"it is not valid JSON at line {(e.LineNumber ?? 0) + 1}, or has a duplicate name");
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            document.Dispose();
            throw Malformed("it is not an object");
        }

        return document;
    }

    private OperationException Malformed(string fault) =>
        Unusable($"The secrets file {_path} cannot be used: {fault}.", "Expected { \"<name>\": \"<value>\", … }.");

    private static OperationException Unusable(string fault, string remedy, Exception? cause = null) =>
        new(OperationError.InvalidConfiguration, $"{fault} {remedy}", cause) { Remedy = remedy };
}

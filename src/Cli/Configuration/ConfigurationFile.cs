using System.Text.Json;
using Microsoft.Extensions.Configuration;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Configuration;

namespace TfeBackup.Cli.Configuration;

/// <summary>
/// Reads the configuration: one JSON document, and over it the environment's <c>TFEBACKUP__…</c> (<c>__</c> between the parts of a key, as
/// everywhere in .NET).
/// </summary>
internal static class ConfigurationFile
{
    /// <summary>The file that is read when none is named.</summary>
    public const string DefaultPath = "tfe-backup.json";

    /// <summary>What the environment's overrides begin with.</summary>
    public const string Prefix = "TFEBACKUP__";

    private const string DefaultJournal = "tfe-backup.journal";

    /// <summary>Reads and checks file and environment.</summary>
    /// <param name="path">The file; null for <see cref="DefaultPath"/>, which may be absent where the environment holds everything.</param>
    /// <exception cref="WorkflowException">
    /// <see cref="WorkflowError.InvalidConfiguration"/>, naming file or variable, key, and what was expected.
    /// </exception>
    public static BackupConfiguration Load(string? path)
    {
        var file = Path.GetFullPath(path ?? DefaultPath);
        var shown = path ?? DefaultPath;
        var overrides = new ConfigurationBuilder().AddEnvironmentVariables(Prefix).Build();
        var builder = new ConfigurationBuilder();
        MemoryStream? document = null;
        if (path is not null || File.Exists(file) || !overrides.GetChildren().Any())
        {
            document = ReadFile(file, shown);
            builder.AddJsonStream(document);
        }

        using (document)
        {
            var configuration = Parse(builder, shown).AddConfiguration(overrides);
            return BackupConfiguration.ReadDocument(configuration, SourceOf, Path.GetDirectoryName(file)!);
        }

        string SourceOf(string key) =>
            overrides.GetSection(key).Value is not null ? Prefix + key.Replace(":", "__", StringComparison.Ordinal) : shown;
    }

    /// <summary>Where the journal of operations lies: as configured, else beside the configuration.</summary>
    public static string JournalPath(BackupConfiguration configuration, string? path) =>
        configuration.State.Path ?? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path ?? DefaultPath))!, DefaultJournal);

    private static MemoryStream ReadFile(string file, string shown)
    {
        try
        {
            return new MemoryStream(File.ReadAllBytes(file), writable: false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Invalid($"{shown}: there is no such file; expected the configuration, a JSON document. --config FILE names another.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Invalid($"{shown}: cannot be read: {e.Message}", e);
        }
    }

    private static IConfiguration Parse(ConfigurationBuilder builder, string shown)
    {
        try
        {
            return builder.Build();
        }
        catch (JsonException e)
        {
            throw Invalid($"{shown}: line {e.LineNumber + 1}: is not JSON; expected one JSON object: {e.Message}", e);
        }
        catch (FormatException e)
        {
            // A key twice, or a document that is no object. The parser names the key.
            throw Invalid($"{shown}: expected one JSON object with each key once: {e.Message}", e);
        }
    }

    private static IConfiguration AddConfiguration(this IConfiguration document, IConfiguration overrides) =>
        new ConfigurationBuilder().AddConfiguration(document).AddConfiguration(overrides).Build();

    private static WorkflowException Invalid(string message, Exception cause) =>
        new(WorkflowError.InvalidConfiguration, message, cause);
}

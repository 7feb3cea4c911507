using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Configuration;

/// <summary>
/// Reads the configuration: one JSON document, and over it the environment's <c>TFEBACKUP__…</c> (<c>__</c> between the parts of a key, as
/// everywhere in .NET).
/// </summary>
internal static class ConfigurationFile
{
    /// <summary>The file that is read when none is named.</summary>
    public const string DefaultPath = "tfe-backup.json";

    /// <summary>Where the package's service has it: read where the working folder has none.</summary>
    public const string SystemPath = $"{PackageFolders.Configuration}/{DefaultPath}";

    /// <summary>The prefix of the environment's overrides.</summary>
    public const string Prefix = "TFEBACKUP__";

    /// <summary>The file that is read when none is named: the working folder's, or where there is none the system's.</summary>
    public static string UsualPath => !File.Exists(DefaultPath) && File.Exists(SystemPath) ? SystemPath : DefaultPath;

    /// <summary>Reads and checks file and environment.</summary>
    /// <param name="path">The file; null for <see cref="UsualPath"/>, which may be absent where the environment names installations.</param>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.InvalidConfiguration"/>, naming file or variable, key, and what was expected.
    /// </exception>
    public static BackupConfiguration Load(string? path)
    {
        var shown = path ?? UsualPath;
        var file = Path.GetFullPath(shown);
        var overrides = new ConfigurationBuilder().AddEnvironmentVariables(Prefix).Build();
        var builder = new ConfigurationBuilder();
        MemoryStream? document = null;
        if (path is not null || File.Exists(file) || !overrides.GetSection("Installations").GetChildren().Any())
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

    /// <summary>Reads and checks a document that is not written yet.</summary>
    /// <param name="document">Its text.</param>
    /// <param name="path">Where it is going to be.</param>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidConfiguration"/>, naming key and what was expected.</exception>
    public static BackupConfiguration Read(string document, string path)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(document));
        return BackupConfiguration.ReadDocument(
            Parse(new ConfigurationBuilder().AddJsonStream(stream), path), _ => path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Gets the path of the operations' histories: as configured, else beside the configuration.</summary>
    public static string StatePath(BackupConfiguration configuration, string? path) =>
        configuration.State.Path ?? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path ?? UsualPath))!, StateDefinition.FileName);

    private static MemoryStream ReadFile(string file, string shown)
    {
        try
        {
            return new MemoryStream(File.ReadAllBytes(file), writable: false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            const string remedy = "'tfe-backup init' writes one; --config FILE names another.";
            throw new OperationException(
                OperationError.InvalidConfiguration, $"{shown}: file not found; expected the configuration, a JSON document. {remedy}", e)
            { Remedy = remedy };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Invalid($"{shown}: cannot be read: {e.Message}", e);
        }
    }

    private static IConfiguration Parse(IConfigurationBuilder builder, string shown)
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

    private static OperationException Invalid(string message, Exception cause) =>
        new(OperationError.InvalidConfiguration, message, cause);
}

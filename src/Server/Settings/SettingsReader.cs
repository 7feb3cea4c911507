using TfeBackup.Engine.Application;
using TfeBackup.Engine.Settings;

namespace TfeBackup.Server.Settings;

/// <summary>Reads the section <c>Installation</c> and collects everything that is wrong with it, so that one start tells it all.</summary>
public static class SettingsReader
{
    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <exception cref="SettingsException">Something is missing or wrong.</exception>
    public static ServiceSettings Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var problems = new List<string>();
        var section = configuration.GetSection("Installation");
        void Add(string path, string problem) => problems.Add($"{path}: {problem}.");
        var application = section.GetSection("Application");
        var settings = new ServiceSettings
        {
            Token = section["Token"],
            TokenFile = section["TokenFile"],
            SpoolDirectory = section["SpoolDirectory"] ?? Path.GetTempPath(),
            Installation = InstallationSettingsReader.Read(
                section.AsEnumerable(makePathsRelative: true),
                section.Path,
                SettingsForm.WithSecrets,
                name: null,
                ["Token", "TokenFile", "SpoolDirectory", "Application"],
                Add),
            Application = application.Exists()
                ? ApplicationSettingsReader.Read(application.AsEnumerable(makePathsRelative: true), application.Path, others: [], Add)
                : null,
        };
        CheckToken(settings, problems);
        if (!Directory.Exists(settings.SpoolDirectory))
        {
            problems.Add(
                $"Installation:SpoolDirectory: expected an existing directory for uploads that wait for their config part; '{settings.SpoolDirectory}' is none.");
        }

        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }

    private static void CheckToken(ServiceSettings settings, List<string> problems)
    {
        if (string.IsNullOrEmpty(settings.Token) == string.IsNullOrEmpty(settings.TokenFile))
        {
            problems.Add(
                $"Installation:Token or Installation:TokenFile: expected exactly one of them, found {(string.IsNullOrEmpty(settings.Token) ? "neither" : "both")}.");
        }

        if (settings.Token is { Length: > 0 } token && (token.Length < 16 || token.Any(c => c is <= ' ' or > '~')))
        {
            problems.Add(
                "Installation:Token: expected at least 16 printable ASCII characters without spaces; leave it out and name a TokenFile to have one made.");
        }
    }
}

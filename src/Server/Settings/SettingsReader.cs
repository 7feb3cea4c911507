using TfeBackup.Archive;
using TfeBackup.Engine.Application;
using TfeBackup.Engine.Settings;
using TfeBackup.Server.Tokens;

namespace TfeBackup.Server.Settings;

/// <summary>Reads the sections <c>Installation</c> and <c>Dashboard</c>, and collects all of their errors, so that one start reports them all.</summary>
internal static class SettingsReader
{
    private static readonly int DefaultWorkFactor = new ArchiveWriterOptions().WorkFactor;

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <exception cref="SettingsException">Something is missing or wrong.</exception>
    public static ServiceSettings Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var document = new SettingsDocument(configuration.GetSection("Installation").AsEnumerable().Concat(configuration.GetSection("Dashboard").AsEnumerable()));
        var node = document.Root.Section("Installation");
        var application = node.Section("Application");
        var settings = new ServiceSettings
        {
            Token = node.Text("Token"),
            TokenFile = node.Text("TokenFile"),
            SpoolDirectory = node.Text("SpoolDirectory") ?? Path.GetTempPath(),
            IdleLimit = ReadIdleLimit(node),
            WorkFactor = node.Count("WorkFactor", otherwise: DefaultWorkFactor, least: 10, most: 22),
            MaxWorkFactor = node.Count("MaxWorkFactor", otherwise: 20, least: 10, most: 22),
            OperationsAtOnce = node.Count("OperationsAtOnce", otherwise: 2, least: 1, most: 100),
            BusyStatus = ReadBusyStatus(node),
            FailedTokensPerMinute = node.Count("FailedTokensPerMinute", otherwise: 30, least: 1),
            Installation = InstallationSettingsReader.Read(node, SettingsForm.WithSecrets, name: null),
            Application = application.Exists ? ApplicationSettingsReader.Read(application) : null,
            Dashboard = DashboardSettingsReader.Read(
                document.Root.Section("Dashboard"), configuration.GetSection("Kestrel:Certificates:Default").Exists(), node.Text("TokenFile")),
        };
        node.ExactlyOne("Token", "TokenFile");
        if (settings.Token is { } token && (token.Length < ApiToken.LeastLength || token.Any(c => c is <= ' ' or > '~')))
        {
            node.AddSecretError(
                "Token",
                $"at least {ApiToken.LeastLength} printable ASCII characters without spaces, such as 'openssl rand -hex 32' prints; omit it and set TokenFile to have one generated");
        }

        if (settings.WorkFactor > settings.MaxWorkFactor)
        {
            var (name, limit) = node.Text("WorkFactor") is null ? ("MaxWorkFactor", "at least that of WorkFactor, 18 by default") : ("WorkFactor", "at most that of MaxWorkFactor");
            node.AddError(name, $"{limit}, so that this service can restore its own backups");
        }

        if (!Directory.Exists(settings.SpoolDirectory))
        {
            node.AddError("SpoolDirectory", "an existing directory for uploads that wait for their config part");
        }

        return document.FindFaults() is { Count: > 0 } faults ? throw new SettingsException(faults) : settings;
    }

    private static TimeSpan ReadIdleLimit(SettingsNode node)
    {
        var limit = node.Duration("IdleLimit") ?? TimeSpan.FromMinutes(5);
        if (limit < TimeSpan.FromSeconds(1) || limit > TimeSpan.FromDays(1))
        {
            node.AddError("IdleLimit", "a time from 0:00:01 to 1.00:00:00, such as 0:05:00");
        }

        return limit;
    }

    private static int ReadBusyStatus(SettingsNode node)
    {
        var text = node.Text("BusyStatus");
        if (text is not (null or "409" or "503"))
        {
            node.AddError("BusyStatus", "409 or 503");
        }

        return text == "503" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status409Conflict;
    }
}

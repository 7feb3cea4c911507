using System.Net;
using TfeBackup.Engine.Settings;

namespace TfeBackup.Server.Settings;

/// <summary>Reads the section <c>Dashboard</c>.</summary>
internal static class DashboardSettingsReader
{
    private const string Expected =
        "addresses such as https://*:8800, separated by ';', http on a loopback address alone (such as http://localhost:8800), or none for no dashboard";

    /// <summary>Reads the settings; what is wrong is reported to <paramref name="node"/>.</summary>
    /// <param name="node">The section.</param>
    /// <param name="hasCertificate">Whether https can be spoken.</param>
    /// <param name="tokenFile">Beside which its files lie unless the section says otherwise.</param>
    public static DashboardSettings Read(SettingsNode node, bool hasCertificate, string? tokenFile)
    {
        var text = node.Text("Urls", Expected);
        var directory = node.FilePath("Directory");
        if (directory is not null && !Directory.Exists(directory))
        {
            node.AddError("Directory", "an existing directory for the administrator's password and the history of backups");
        }

        List<string> urls = text switch
        {
            null => [hasCertificate ? "https://*:8800" : "http://localhost:8800"],
            "none" => [],
            _ => [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
        };
        if (!urls.TrueForAll(IsAllowed))
        {
            node.AddError("Urls", Expected);
        }

        var statePath = directory is not null ? Path.Combine(directory, "dashboard") : tokenFile is null ? null : Path.GetFullPath(tokenFile);
        if (text is not null && urls.Count > 0 && statePath is null)
        {
            node.Report("Directory", " is missing; expected an existing directory, as there is no Installation:TokenFile beside which to keep the password");
        }

        return new DashboardSettings { Urls = urls, IsChosen = text is not null, StatePath = statePath };
    }

    // Over http the password would go to whoever listens on the way.
    private static bool IsAllowed(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.PathBase.Length == 0 && address.Scheme.ToLowerInvariant() switch
            {
                "https" => true,
                "http" => address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)),
                _ => false,
            };
        }
        catch (FormatException)
        {
            return false;
        }
    }
}

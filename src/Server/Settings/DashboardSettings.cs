namespace TfeBackup.Server.Settings;

/// <summary>The configuration section <c>Dashboard</c>, as <see cref="DashboardSettingsReader"/> reads it.</summary>
internal sealed class DashboardSettings
{
    /// <summary>Where the dashboard listens; empty for no dashboard.</summary>
    public required IReadOnlyList<string> Urls { get; init; }

    /// <summary>Whether somebody chose <see cref="Urls"/>. A dashboard that nobody asked for is no reason not to take backups.</summary>
    public required bool IsChosen { get; init; }

    /// <summary>
    /// What the files' names begin with that it keeps: <c>….admin</c> (the password, hashed) and <c>….history</c>; null where there is no place for them.
    /// </summary>
    public string? StatePath { get; init; }
}

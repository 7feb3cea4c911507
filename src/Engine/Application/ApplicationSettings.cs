namespace TfeBackup.Engine.Application;

/// <summary>How an application is stopped and started. <see cref="ApplicationSettingsReader"/> reads and checks it.</summary>
/// <param name="Kind"><c>Kind</c>: what runs it.</param>
/// <param name="Commands">Its commands.</param>
/// <param name="Timeout"><c>Timeout</c>: how long one command may take.</param>
public sealed record ApplicationSettings(RuntimeKind Kind, ApplicationCommands Commands, TimeSpan Timeout)
{
    /// <summary>How long a command may take where nobody said: 15 minutes.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromMinutes(15);
}

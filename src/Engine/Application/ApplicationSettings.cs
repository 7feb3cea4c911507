namespace TfeBackup.Engine.Application;

/// <summary>Settings for stopping and starting an application. <see cref="ApplicationSettingsReader"/> reads and checks them.</summary>
/// <param name="Kind"><c>Kind</c>: what runs it.</param>
/// <param name="Commands">Its commands.</param>
/// <param name="Timeout"><c>Timeout</c>: how long one command may take.</param>
public sealed record ApplicationSettings(RuntimeKind Kind, ApplicationCommands Commands, TimeSpan Timeout)
{
    /// <summary>The default timeout of a command: 15 minutes.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromMinutes(15);
}

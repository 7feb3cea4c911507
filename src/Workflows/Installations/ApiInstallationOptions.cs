namespace TfeBackup.Workflows.Installations;

/// <summary>How patient an <see cref="ApiInstallation"/> is.</summary>
public sealed record ApiInstallationOptions
{
    /// <summary>How long a connection may take to be made. Default 30 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long no byte may come or go before a transfer counts as dead; also how long a backup may take to begin. Default 15 minutes.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// How long a restore may work on after everything was sent: it rebuilds indexes and checks keys then. Default 6 hours.
    /// A connection that is dead is noticed within minutes all the same.
    /// </summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromHours(6);

    /// <summary>
    /// How long a restore waits for the word to send its body. Services that do not know <c>Expect</c> get it then. Default 5 seconds.
    /// </summary>
    public TimeSpan ContinueTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long all questions of one status may take together. Default 25 seconds.</summary>
    public TimeSpan StatusTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long one call on the control API may take: the service runs the runtime's status command meanwhile. Default 90 seconds.</summary>
    public TimeSpan ControlTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long the control API is left alone between two looks at an action; the first looks come sooner. Default 5 seconds.</summary>
    public TimeSpan ControlInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>When the vendor's service ends a call, whatever it is doing: 5,000 seconds.</summary>
    public TimeSpan VendorLimit { get; init; } = TimeSpan.FromSeconds(5_000);

    /// <summary>How long a call may take before it is warned that the vendor's limit comes near. Default 4,000 seconds.</summary>
    public TimeSpan VendorLimitWarning { get; init; } = TimeSpan.FromSeconds(4_000);
}

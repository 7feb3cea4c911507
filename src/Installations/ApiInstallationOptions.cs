namespace TfeBackup.Installations;

/// <summary>The timeouts and intervals of an <see cref="ApiInstallation"/>.</summary>
public sealed record ApiInstallationOptions
{
    /// <summary>The timeout for making a connection. Default 30 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The time without a byte in either direction after which a transfer counts as dead; also the time a backup may take to begin. Default 15 minutes.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// The time a restore may take after everything was sent: it rebuilds indexes and checks keys then. Default 6 hours.
    /// A connection that is dead is noticed within minutes all the same.
    /// </summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromHours(6);

    /// <summary>
    /// The time a restore waits for <c>100 Continue</c>. Services that do not know <c>Expect</c> get it then. Default 5 seconds.
    /// </summary>
    public TimeSpan ContinueTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The timeout of all requests for one status together. Default 25 seconds.</summary>
    public TimeSpan StatusTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>The timeout of one call on the control API: the service runs the runtime's status command meanwhile. Default 90 seconds.</summary>
    public TimeSpan ControlTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>The longest interval between two checks of an action; the first ones come sooner. Default 5 seconds.</summary>
    public TimeSpan ControlInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>When the vendor's service ends a call, whatever it is doing: 5,000 seconds.</summary>
    public TimeSpan VendorLimit { get; init; } = TimeSpan.FromSeconds(5_000);

    /// <summary>The duration of a call after which a warning says that the vendor's limit is near. Default 4,000 seconds.</summary>
    public TimeSpan VendorLimitWarning { get; init; } = TimeSpan.FromSeconds(4_000);
}

namespace TfeBackup.Operations.Notifications;

/// <param name="Channel">The notification's name in the configuration.</param>
/// <param name="Time">When the operation ended (UTC).</param>
/// <param name="End">How.</param>
internal sealed record NotifyInput(string Channel, DateTimeOffset Time, OperationEnd End);

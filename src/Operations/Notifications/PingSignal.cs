namespace TfeBackup.Operations.Notifications;

/// <summary>What a ping says of a backup.</summary>
internal enum PingSignal
{
    /// <summary>It has begun.</summary>
    Start,

    /// <summary>It is published.</summary>
    Success,

    /// <summary>It has failed or was cancelled.</summary>
    Fail,
}

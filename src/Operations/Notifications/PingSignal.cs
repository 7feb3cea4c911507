namespace TfeBackup.Operations.Notifications;

/// <summary>The signals of a ping.</summary>
internal enum PingSignal
{
    /// <summary>It has begun.</summary>
    Start,

    /// <summary>It is published.</summary>
    Success,

    /// <summary>It has failed or was cancelled.</summary>
    Fail,
}

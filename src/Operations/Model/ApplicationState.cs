namespace TfeBackup.Operations.Model;

/// <summary>The state of an application, as its runtime reports it.</summary>
public enum ApplicationState
{
    /// <summary>Neither running nor stopped: on its way, or the runtime's answer is not understood.</summary>
    Changing,

    /// <summary>Every part of it has stopped.</summary>
    Stopped,

    /// <summary>It runs; readiness is the application's own to report.</summary>
    Running,
}

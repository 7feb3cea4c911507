namespace TfeBackup.Engine.Application;

/// <summary>The state of an application, as its runtime reports it.</summary>
public enum ApplicationState
{
    /// <summary>Neither running nor stopped: on its way, or the runtime's answer is not understood.</summary>
    Changing,

    /// <summary>Every part of it has stopped.</summary>
    Stopped,

    /// <summary>It runs. Whether it is ready to be used is for the application itself to say.</summary>
    Running,
}

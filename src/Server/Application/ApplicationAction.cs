namespace TfeBackup.Server.Application;

/// <summary>An action that the application can be asked for.</summary>
internal enum ApplicationAction
{
    /// <summary>Stops it.</summary>
    Stop,

    /// <summary>Starts it.</summary>
    Start,

    /// <summary>Lets it finish its work and take no more.</summary>
    Drain,
}

/// <summary>Names of actions.</summary>
internal static class ApplicationActionNames
{
    /// <summary>The action's name in addresses and documents.</summary>
    public static string Name(this ApplicationAction action) => action switch
    {
        ApplicationAction.Stop => "stop",
        ApplicationAction.Start => "start",
        _ => "drain",
    };
}

namespace TfeBackup.Installations;

/// <summary>The place where the commands that restart an application run.</summary>
public enum RestartVia
{
    /// <summary>On the machine the activities run on. The default.</summary>
    Local,

    /// <summary>On an Azure virtual machine, or on every instance of a scale set, by managed Run Command.</summary>
    RunCommand,

    /// <summary>On a machine that is reached by SSH.</summary>
    Ssh,
}

namespace TfeBackup.Cli;

/// <summary>The program's exit codes.</summary>
internal static class ExitCode
{
    /// <summary>Success.</summary>
    public const int Done = 0;

    /// <summary>It failed, or was interrupted.</summary>
    public const int Failed = 1;

    /// <summary>It was asked for wrongly, or the configuration is wrong; nothing was begun.</summary>
    public const int Misuse = 2;

    /// <summary>A restore was cancelled after it had replaced the target's data.</summary>
    public const int TargetChanged = 3;

    /// <summary>A restore was cancelled, and nobody can tell whether it had replaced the target's data.</summary>
    public const int TargetUnknown = 4;
}

namespace TfeBackup.Cli;

/// <summary>What a run of the program comes to.</summary>
internal static class ExitCode
{
    /// <summary>What was asked for is done.</summary>
    public const int Done = 0;

    /// <summary>It failed, or was interrupted.</summary>
    public const int Failed = 1;

    /// <summary>It was asked for wrongly, or the configuration is wrong; nothing was begun.</summary>
    public const int Misuse = 2;
}

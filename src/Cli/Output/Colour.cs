namespace TfeBackup.Cli.Output;

/// <summary>Colours of a terminal, as its escape sequences number them.</summary>
internal enum Colour
{
    /// <summary>Something is wrong.</summary>
    Red = 31,

    /// <summary>All is well.</summary>
    Green = 32,

    /// <summary>Something needs attention.</summary>
    Yellow = 33,
}

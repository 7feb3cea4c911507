namespace TfeBackup.Archive.Tar;

/// <summary>Sizes and limits of the tar layer (POSIX.1-2001, "pax Interchange Format").</summary>
internal static class TarFormat
{
    public const int Block = 512;
    public const int NameField = 100;

    /// <summary>The largest size eleven octal digits hold; larger ones go into the pax header.</summary>
    public const long MaxUstarSize = (1L << 33) - 1;

    /// <summary>A tar ends with two blocks of zeros.</summary>
    public const int End = 2 * Block;

    public static int Padding(long size) => (int)((Block - (size % Block)) % Block);
}

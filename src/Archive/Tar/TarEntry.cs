namespace TfeBackup.Archive.Tar;

/// <summary>The headers of a tar entry.</summary>
/// <param name="Offset">The offset of its first header in the tar stream.</param>
/// <param name="Path">Its path in UTF-8.</param>
/// <param name="Size">Its content's bytes.</param>
/// <param name="Comment">The pax comment, if it has one.</param>
/// <param name="Modified">Seconds since 1970.</param>
internal sealed record TarEntry(long Offset, byte[] Path, long Size, byte[]? Comment, long Modified);

namespace TfeBackup.Archive.Layout;

/// <summary>Reads <c>backup.json</c>.</summary>
internal static class BackupDescription
{
    public static BackupInfo Read(byte[] json, long modified)
    {
        const string Where = $"'{EntryName.BackupInfoPath}'";

        // First of all the version, because nothing else is certain in another one.
        var format = ArchiveJson.Read(json, ArchiveJson.Default.FormatVersion, Where).Format;
        if (format != BackupInfo.CurrentFormat)
        {
            throw ArchiveException.Unsupported(
                $"The backup has format {format}; this program reads format {BackupInfo.CurrentFormat}. Use the version of the program that made it.");
        }

        var info = ArchiveJson.Read(json, ArchiveJson.Default.BackupInfo, Where);
        return info.Created.ToUnixTimeSeconds() == modified
            ? info
            : throw ArchiveException.Corrupt($"{Where} says the backup was made {info.Created:O}, but its entries have a different time.");
    }
}

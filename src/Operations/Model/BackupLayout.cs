using System.Globalization;

namespace TfeBackup.Operations.Model;

/// <summary>The layout of a store: names below its root, with <c>/</c> between segments.</summary>
public static class BackupLayout
{
    /// <summary>The file name of a backup's data.</summary>
    public const string DataName = "backup.blob";

    /// <summary>The file name of a backup's record.</summary>
    public const string RecordName = "backup.json";

    /// <summary>The folder of a backup's later checks.</summary>
    public const string ChecksFolder = "checks";

    private const string CheckTimeFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    /// <summary><c>&lt;installation&gt;/&lt;id&gt;/backup.blob</c>.</summary>
    public static string DataPath(BackupKey key) => $"{key}/{DataName}";

    /// <summary><c>&lt;installation&gt;/&lt;id&gt;/backup.json</c>.</summary>
    public static string RecordPath(BackupKey key) => $"{key}/{RecordName}";

    /// <summary><c>&lt;installation&gt;/&lt;id&gt;/checks/&lt;yyyyMMddTHHmmssfffZ&gt;.json</c>.</summary>
    public static string CheckPath(BackupKey key, DateTimeOffset time) =>
        $"{key}/{ChecksFolder}/{time.UtcDateTime.ToString(CheckTimeFormat, CultureInfo.InvariantCulture)}.json";

    /// <summary>True if a file name in the checks folder is a check's.</summary>
    public static bool IsCheckName(string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        return fileName.EndsWith(".json", StringComparison.Ordinal)
            && DateTime.TryParseExact(
                fileName.AsSpan(0, fileName.Length - 5), CheckTimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
    }
}

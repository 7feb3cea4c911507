using System.Globalization;

namespace TfeBackup.Server.Dashboard;

/// <summary>Sizes, times and rates as pages show them.</summary>
internal static class Format
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

    /// <summary>Bytes in decimal units, as disks and networks are sold.</summary>
    public static string Size(double bytes)
    {
        var unit = 0;
        while (bytes >= 1000 && unit < Units.Length - 1)
        {
            bytes /= 1000;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? $"{bytes:0}" : bytes < 10 ? $"{bytes:0.00}" : bytes < 100 ? $"{bytes:0.0}" : $"{bytes:0}")} {Units[unit]}");
    }

    /// <summary>A duration, rounded to what matters.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds:00} s"),
        { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h"),
    };

    /// <summary>Bytes a second.</summary>
    public static string Rate(long bytes, TimeSpan time) => time <= TimeSpan.Zero ? "–" : $"{Size(bytes / time.TotalSeconds)}/s";

    /// <summary>A moment, UTC.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A moment to the minute, UTC.</summary>
    public static string Minute(DateTimeOffset time) => Time(time)[..16];
}

using System.Globalization;

namespace TfeBackup.Cli.Output;

/// <summary>Figures as people read them. Everything for machines is in <c>--json</c>.</summary>
internal static class Human
{
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>A size with three significant digits: <c>1.46 GiB</c>.</summary>
    public static string Size(long bytes)
    {
        if (bytes < 1024)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
        }

        var value = bytes / 1024d;
        var unit = 0;

        // 999.5 and more would print as 1000: the next unit reads better.
        while (value >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var format = value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>A span of time in its two largest units: <c>3.2 s</c>, <c>4 min 05 s</c>, <c>2 h 10 min</c>, <c>5 d 3 h</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        var seconds = Math.Max(0, time.TotalSeconds);
        return seconds switch
        {
            < 9.95 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
            < 59.5 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
            < 3600 => Pair(seconds, 60, "min", 1, "s"),
            < 86400 => Pair(seconds, 3600, "h", 60, "min"),
            _ => Pair(seconds, 86400, "d", 3600, "h"),
        };
    }

    /// <summary>A running clock: <c>0:07</c>, <c>1:02:03</c>.</summary>
    public static string Clock(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}");

    /// <summary>A time in this machine's zone, which <c>--utc</c> and <c>TZ</c> change; always saying which.</summary>
    public static string Time(DateTimeOffset time)
    {
        var local = TimeZoneInfo.ConvertTime(time, TimeZoneInfo.Local);
        return local.ToString(local.Offset == TimeSpan.Zero ? "yyyy-MM-dd HH:mm:ss'Z'" : local.Offset.Minutes == 0 ? "yyyy-MM-dd HH:mm:sszz" : "yyyy-MM-dd HH:mm:sszzz", CultureInfo.InvariantCulture);
    }

    /// <summary>A count with thousands apart.</summary>
    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>How many of something: <c>1 backup</c>, <c>1,200 backups</c>.</summary>
    public static string Count(long count, string thing) => $"{Count(count)} {thing}{(count == 1 ? "" : "s")}";

    /// <summary>
    /// Text from elsewhere, made harmless for a terminal: object keys and table names may hold anything, escape sequences included.
    /// </summary>
    public static string Plain(string text) =>
        text.AsSpan().ContainsAnyInRange('\0', '\u001f') || text.AsSpan().ContainsAnyInRange('\u007f', '\u009f')
            ? string.Concat(text.Select(c => char.IsControl(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : c.ToString()))
            : text;

    private static string Pair(double seconds, int large, string largeUnit, int small, string smallUnit)
    {
        var whole = (long)(seconds / small);
        var per = large / small;
        return string.Create(
            CultureInfo.InvariantCulture, $"{whole / per} {largeUnit} {(per == 24 ? $"{whole % per}" : $"{whole % per:00}")} {smallUnit}");
    }
}

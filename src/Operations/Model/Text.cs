using System.Globalization;

namespace TfeBackup.Operations.Model;

/// <summary>Formats numbers, times and long text for messages.</summary>
internal static class Text
{
    public static string Bytes(long size) => $"{size.ToString("N0", CultureInfo.InvariantCulture)} bytes";

    public static string Duration(TimeSpan time) => time switch
    {
        { TotalHours: >= 2 } => $"{time.TotalHours.ToString("0.#", CultureInfo.InvariantCulture)} hours",
        { TotalMinutes: >= 2 } => $"{time.TotalMinutes.ToString("0.#", CultureInfo.InvariantCulture)} minutes",
        { TotalSeconds: >= 1 } => $"{time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s",
        _ => $"{time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms",
    };

    /// <summary>At most so many characters of a text.</summary>
    public static string Shorten(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length - 1), "…");
}

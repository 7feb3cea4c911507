namespace TfeBackup.Engine.Database.Binary;

/// <summary>
/// Dates and times in the style <c>ISO</c>: <c>0044-03-15 BC</c>, <c>2024-02-29 12:34:56.789+00</c>. In binary, days or microseconds
/// since 2000-01-01, in the Gregorian calendar throughout.
/// </summary>
internal static class DateTimeFields
{
    private const int Epoch = 2_451_545;
    private const long FirstDay = -Epoch;
    private const long LastDay = 2_147_483_493L - Epoch;
    private const long Second = 1_000_000;
    private const long Day = 86_400 * Second;
    private const long FirstTimestamp = -211_813_488_000_000_000;
    private const long EndTimestamp = 9_223_371_331_200_000_000;

    public static bool Date(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        int value;
        if (IsInfinite(text, out var positive))
        {
            value = positive ? int.MaxValue : int.MinValue;
        }
        else
        {
            var era = TakeEra(ref text);
            if (!TryTakeDate(ref text, era, out var days) || !text.IsEmpty || days is < FirstDay or > LastDay)
            {
                return false;
            }

            value = (int)days;
        }

        output.WriteInt32(value);
        return true;
    }

    public static bool Timestamp(ReadOnlySpan<byte> text, BinaryBuffer output) => Timestamp(text, hasZone: false, output);

    public static bool TimestampWithZone(ReadOnlySpan<byte> text, BinaryBuffer output) => Timestamp(text, hasZone: true, output);

    public static bool Time(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        if (!TryTakeTime(ref text, out var time) || !text.IsEmpty)
        {
            return false;
        }

        output.WriteInt64(time);
        return true;
    }

    private static bool Timestamp(ReadOnlySpan<byte> text, bool hasZone, BinaryBuffer output)
    {
        if (IsInfinite(text, out var positive))
        {
            output.WriteInt64(positive ? long.MaxValue : long.MinValue);
            return true;
        }

        var era = TakeEra(ref text);
        if (!TryTakeDate(ref text, era, out var days) || days is < FirstDay or > LastDay || !TryTake(ref text, " "u8)
            || !TryTakeTime(ref text, out var time) || time == Day || (hasZone && !TryTake(ref text, "+00"u8)) || !text.IsEmpty)
        {
            return false;
        }

        // Days go further than timestamps do.
        var value = (Int128)days * Day + time;
        if (value < FirstTimestamp || value >= EndTimestamp)
        {
            return false;
        }

        output.WriteInt64((long)value);
        return true;
    }

    private static bool IsInfinite(ReadOnlySpan<byte> text, out bool positive)
    {
        positive = text.SequenceEqual("infinity"u8);
        return positive || text.SequenceEqual("-infinity"u8);
    }

    /// <summary>Takes the era off the end; returns whether it is BC.</summary>
    private static bool TakeEra(ref ReadOnlySpan<byte> text)
    {
        var before = text.EndsWith(" BC"u8);
        text = before ? text[..^3] : text;
        return before;
    }

    private static bool TryTakeDate(ref ReadOnlySpan<byte> text, bool beforeChrist, out long days)
    {
        days = 0;
        if (!TryTakeDigits(ref text, 4, 7, out var year) || year == 0 || !TryTake(ref text, "-"u8)
            || !TryTakeDigits(ref text, 2, 2, out var month) || month is < 1 or > 12 || !TryTake(ref text, "-"u8)
            || !TryTakeDigits(ref text, 2, 2, out var day))
        {
            return false;
        }

        // The year before 1 AD is 1 BC.
        long y = beforeChrist ? 1 - year : year;
        var isLeap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
        var length = month switch
        {
            2 => isLeap ? 29 : 28,
            4 or 6 or 9 or 11 => 30,
            _ => 31,
        };
        if (day < 1 || day > length || y < -4713)
        {
            return false;
        }

        // The Julian day, with years that begin in March.
        y += month > 2 ? 4800 : 4799;
        var m = month > 2 ? month + 1 : month + 13;
        var century = y / 100;
        days = (y * 365) - 32_167 + (y / 4) - century + (century / 4) + (7834 * m / 256) + day - Epoch;
        return true;
    }

    private static bool TryTakeTime(ref ReadOnlySpan<byte> text, out long time)
    {
        time = 0;
        if (!TryTakeDigits(ref text, 2, 2, out var hour) || !TryTake(ref text, ":"u8)
            || !TryTakeDigits(ref text, 2, 2, out var minute) || minute > 59 || !TryTake(ref text, ":"u8)
            || !TryTakeDigits(ref text, 2, 2, out var second) || second > 59)
        {
            return false;
        }

        var micros = 0;
        if (TryTake(ref text, "."u8))
        {
            var before = text.Length;
            if (!TryTakeDigits(ref text, 1, 6, out micros))
            {
                return false;
            }

            for (var digits = before - text.Length; digits < 6; digits++)
            {
                micros *= 10;
            }
        }

        time = (((((hour * 60L) + minute) * 60) + second) * Second) + micros;
        return time <= Day;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> expected)
    {
        if (!text.StartsWith(expected))
        {
            return false;
        }

        text = text[expected.Length..];
        return true;
    }

    /// <summary>Takes all digits at the beginning, if there are as many as there may be.</summary>
    private static bool TryTakeDigits(ref ReadOnlySpan<byte> text, int fewest, int most, out int value)
    {
        value = 0;
        var length = 0;
        while (length < text.Length && length <= most && (uint)(text[length] - '0') <= 9)
        {
            value = (value * 10) + (text[length] - '0');
            length++;
        }

        if (length < fewest || length > most)
        {
            return false;
        }

        text = text[length..];
        return true;
    }
}

using System.Globalization;
using System.Text;

namespace TfeBackup.Benchmarks.Archive;

/// <summary>What backups are made of.</summary>
internal static class SampleData
{
    /// <summary>Rows such as an installation has: ids, times, words, JSON. They compress to two fifths.</summary>
    public static byte[] Rows(int length)
    {
        var random = new Random(1);
        string[] words = [.. Enumerable.Range(0, 3000).Select(_ => random.Next(1 << 24, 1 << 28).ToString("x", CultureInfo.InvariantCulture)[..random.Next(3, 7)])];
        var text = new StringBuilder(length + 1000);
        for (var id = 0; text.Length < length; id++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{id}\t{new Guid(random.Next(), 1, 2, [.. BitConverter.GetBytes(random.NextInt64())])}\t");
            text.Append(CultureInfo.InvariantCulture, $"2026-{random.Next(1, 13):D2}-{random.Next(1, 29):D2} {random.Next(24):D2}:00:00.{random.Next(1_000_000):D6}\t");
            text.AppendJoin(' ', Enumerable.Range(0, 12).Select(_ => words[random.Next(words.Length)]));
            text.Append(CultureInfo.InvariantCulture, $"\t{{\"k\": \"{words[random.Next(words.Length)]}\", \"n\": {random.Next(100_000)}}}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString(0, length));
    }

    /// <summary>Bytes that do not compress.</summary>
    public static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(2).NextBytes(noise);
        return noise;
    }
}

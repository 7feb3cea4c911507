using System.Globalization;
using TfeBackup.Archive.Zstd;

namespace TfeBackup.Benchmarks.Archive;

/// <summary>
/// The native and the managed zstd on the same frames, in turns, on one thread, without anything around them: seconds of processor a GB. And
/// the first pass apart, which the runtime spends on compiling.
/// </summary>
internal static class ZstdBenchmark
{
    private const int Rounds = 7;

    /// <summary>Runs it.</summary>
    /// <param name="arguments">How many MiB each round has; 64 without.</param>
    public static void Run(string[] arguments)
    {
        var length = (arguments is [var size, ..] ? int.Parse(size, CultureInfo.InvariantCulture) : 64) << 20;
        Console.WriteLine("processor, s a GB      compress   first  decompress   first");
        foreach ((var name, var data) in new[] { ("rows", SampleData.Rows(length)), ("noise", SampleData.Noise(length)) })
        {
            Run(name, data);
        }
    }

    private static void Run(string name, byte[] data)
    {
        (string Name, ZstdLibrary? Library)[] libraries = [("managed", ZstdLibrary.Managed), ("native", ZstdLibrary.Native)];
        var costs = libraries.ToDictionary(library => library.Name, _ => (Compress: new List<double>(), Decompress: new List<double>()));
        var raw = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            foreach ((var library, var zstd) in libraries)
            {
                if (zstd is not null)
                {
                    (var compress, var decompress) = Measure(zstd, data);
                    costs[library].Compress.Add(compress);
                    costs[library].Decompress.Add(decompress);
                }
            }

            raw.Add(MeasureRaw(data));
        }

        foreach ((var library, (var compress, var decompress)) in costs.Where(cost => cost.Value.Compress.Count > 0))
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name + " " + library,-20} {Median(compress),10:F3} {compress[0],7:F2} {Median(decompress),11:F3} {decompress[0],7:F2}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name + " raw, if at all",-20} {Median(raw),10:F3}"));
    }

    private static (double Compress, double Decompress) Measure(ZstdLibrary zstd, byte[] data)
    {
        using var compressor = zstd.CreateCompressor(1);
        using var decompressor = zstd.CreateDecompressor();
        var frame = new byte[FrameFormat.MaxCompressed];
        var content = new byte[FrameFormat.MaxContent];
        double compress = 0;
        double decompress = 0;
        for (var at = 0; at < data.Length; at += FrameFormat.MaxContent)
        {
            var length = 0;
            var place = at;
            compress += Processor(() => length = compressor.Compress(data.AsSpan(place, FrameFormat.MaxContent), frame));
            decompress += Processor(() => decompressor.Decompress(frame.AsSpan(0, length), content));
        }

        return (compress / data.Length * 1e9, decompress / data.Length * 1e9);
    }

    private static double MeasureRaw(byte[] data)
    {
        var frame = new byte[FrameFormat.MaxCompressed];
        return Processor(() =>
        {
            for (var at = 0; at < data.Length; at += FrameFormat.MaxContent)
            {
                var content = data.AsSpan(at, FrameFormat.MaxContent);
                if (RawFrame.IsFor(content))
                {
                    RawFrame.Write(content, frame);
                }
            }
        }) / data.Length * 1e9;
    }

    private static double Processor(Action work)
    {
        var before = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    // The first round compiles; it is shown apart.
    private static double Median(List<double> values) => values.Skip(1).Order().ElementAt((values.Count - 1) / 2);
}

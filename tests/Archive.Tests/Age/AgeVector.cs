using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using TfeBackup.Archive.Age;
using TfeBackup.TestSupport;

namespace TfeBackup.Archive.Tests.Age;

/// <summary>One of the public age vectors: fields that say what must come of it, and a file.</summary>
internal sealed partial record AgeVector(string Name, ILookup<string, string> Fields, byte[] File)
{
    public string Expect => Fields["expect"].Single();

    public string? Passphrase => Fields["passphrase"].FirstOrDefault();

    public IReadOnlyList<AgeIdentity> Identities => [.. Fields["identity"].Select(AgeIdentity.Parse)];

    public byte[] FileKey => Convert.FromHexString(Fields["file key"].Single());

    public string? PayloadSha256 => Fields["payload"].SingleOrDefault();

    /// <summary>Reads all vectors of the npm package, whose module holds each as a base64 text.</summary>
    public static IReadOnlyDictionary<string, AgeVector> ReadAll()
    {
        var module = System.IO.File.ReadAllText(Path.Combine(NpmPackages.Find("cctv-age"), "index.js"));
        return Definition().Matches(module)
            .Select(m => Parse(m.Groups["name"].Value, Convert.FromBase64String(m.Groups["data"].Value)))
            .ToDictionary(v => v.Name);
    }

    private static AgeVector Parse(string name, byte[] vector)
    {
        var end = vector.AsSpan().IndexOf("\n\n"u8);
        var fields = Encoding.UTF8.GetString(vector, 0, end).Split('\n')
            .Select(line => line.Split(": ", 2))
            .ToLookup(pair => pair[0], pair => pair[1]);
        var file = vector[(end + 2)..];
        if (fields["compressed"].Any())
        {
            using var zlib = new ZLibStream(new MemoryStream(file), CompressionMode.Decompress);
            var plain = new MemoryStream();
            zlib.CopyTo(plain);
            file = plain.ToArray();
        }

        return new AgeVector(name, fields, file);
    }

    [GeneratedRegex("""var (?<name>\w+)_default = __toBinary\("(?<data>[^"]*)"\);""")]
    private static partial Regex Definition();
}

using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tar;
using TfeBackup.Archive.Tests.Hostile;
using TfeBackup.Archive.Zstd;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Archive.Tests.Interop;

/// <summary>
/// A backup can be opened without this software, and what others encrypt can be opened by it. age's own program and zstd take
/// part where the machine has them; the npm package age-encryption, another implementation of age, and tar always do.
/// </summary>
public sealed class PublicToolsTests : IDisposable
{
    private const string Script = """
        import { readFileSync, writeFileSync } from "node:fs";
        import { pathToFileURL } from "node:url";
        const [, , mode, library, input, output, password, workFactor] = process.argv;
        const { Decrypter, Encrypter } = await import(pathToFileURL(library));
        if (mode === "decrypt") {
          const d = new Decrypter();
          d.addPassphrase(password);
          writeFileSync(output, await d.decrypt(readFileSync(input)));
        } else {
          const e = new Encrypter();
          e.setPassphrase(password);
          e.setScryptWorkFactor(Number(workFactor));
          writeFileSync(output, await e.encrypt(readFileSync(input)));
        }
        """;

    private static readonly bool HasAge = Tool.Exists("age") && Tool.Exists("script") && OperatingSystem.IsLinux();

    private static readonly string[] TarPrograms = [.. new[] { "tar", "bsdtar" }.Where(Tool.Exists)];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Age_zstd_and_tar_open_a_backup()
    {
        var copy = Samples.Utf8(string.Concat(Enumerable.Range(0, 300_000).Select(i => $"{i}\tname {i * 7919}\n")));
        var noise = Samples.Random(3_000_000, 1);
        var longKey = string.Join('/', Enumerable.Repeat(new string('k', 80), 5)) + "/ü %+";
        var blob = _folder.Combine("backup.blob");
        await using (var file = File.Create(blob))
        await using (var writer = await ArchiveWriter.CreateAsync(file, Samples.Password, Samples.Info, Samples.Cheap with { WorkFactor = 10 }, default))
        {
            await writer.WriteSchemaAsync(Samples.Utf8("{}"), default);
            await writer.WritePartAsync("public", "users", copy, default);
            await writer.WriteSequencesAsync(Samples.Utf8("{}"), default);
            await Samples.WriteObjectAsync(writer, new ArchiveObject(longKey, 5) { ContentType = "text/plain" }, Samples.Utf8("hello"));
            await Samples.WriteObjectAsync(writer, new ArchiveObject("noise", noise.Length), noise);
            await writer.CompleteAsync(default);
        }

        foreach (var decrypt in Decrypters())
        {
            var zstd = _folder.Combine("backup.tar.zst");
            await decrypt(blob, zstd);
            var tar = _folder.Combine("backup.tar");
            await DecompressAsync(zstd, tar);
            foreach (var program in TarPrograms)
            {
                var target = Directory.CreateDirectory(_folder.Combine($"{program}-{Guid.NewGuid():N}")).FullName;
                await Tool.RunAsync(program, ["-x", "-f", tar, "-C", target]);
                Assert.Equal(copy, await File.ReadAllBytesAsync(Path.Combine(target, "database/public/users/0.copy")));
                Assert.Equal("hello", await File.ReadAllTextAsync(Path.Combine(target, "objects", longKey)));
                Assert.Equal(noise, await File.ReadAllBytesAsync(Path.Combine(target, "objects/noise")));
                Assert.Contains("\"objects\":2", await File.ReadAllTextAsync(Path.Combine(target, "manifest.json")));
            }

            File.Delete(zstd);
        }
    }

    [Fact]
    public async Task What_others_encrypt_to_a_password_is_opened()
    {
        var zstd = await Forgery.DecryptAsync(await Samples.CreateAsync());
        var plain = _folder.Combine("backup.tar.zst");
        await File.WriteAllBytesAsync(plain, zstd);
        var blob = _folder.Combine("backup.blob");
        await RunJavaScriptAsync("encrypt", plain, blob, "10");
        Assert.Equal(2, (await Samples.VerifyAsync(await File.ReadAllBytesAsync(blob))).Objects);
        if (HasAge)
        {
            // With age's own work factor, 18.
            await Tool.RunAgeAsync(Samples.Password, $"-p -o {blob}.age {plain}");
            Assert.Equal(2, (await Samples.VerifyAsync(await File.ReadAllBytesAsync(blob + ".age"))).Objects);
        }
    }

    [Fact]
    public async Task A_password_beyond_ASCII_means_the_same_bytes_to_others()
    {
        const string Password = "pässwörd 漢字 \U0001F600";
        var blob = _folder.Combine("backup.blob");
        await using (var file = File.Create(blob))
        await using (var writer = await ArchiveWriter.CreateAsync(file, Password, Samples.Info, Samples.Cheap, default))
        {
            await writer.WriteSchemaAsync(default, default);
            await writer.WriteSequencesAsync(default, default);
            await writer.CompleteAsync(default);
        }

        var plain = _folder.Combine("plain");
        await RunJavaScriptAsync("decrypt", blob, plain, "", Password);
        Assert.True(new FileInfo(plain).Length > 0);
    }

    [Fact]
    public async Task Tar_understands_a_size_over_8_GiB()
    {
        const long Size = 12_345_678_901;
        var zstd = new MemoryStream();
        await using (var frames = new FrameWriter(zstd, level: 1, jobs: 1))
        {
            await new TarWriter(frames, 1_000_000_000).BeginAsync(Samples.Utf8("objects/huge"), Size, null, default);
            await frames.CompleteAsync(default);
        }

        var header = await Forgery.DecompressAsync(zstd.ToArray());
        var tar = _folder.Combine("huge.tar");
        await File.WriteAllBytesAsync(tar, header);

        // The content is not there, so it lists the entry and then complains.
        foreach (var program in TarPrograms)
        {
            var listing = await Tool.RunAsync("sh", ["-c", $"{program} -tvf '{tar}' 2>/dev/null || true"]);
            Assert.Contains("12345678901", listing);
        }

        var entry = (await new TarHeaderReader(ReadFrom(header)).ReadAsync(0, null, default))!;
        Assert.Equal(Size, entry.Size);
        Assert.Equal(EntryName.Object("huge"), EntryName.Of(entry));
    }

    private static Func<Memory<byte>, CancellationToken, ValueTask> ReadFrom(byte[] data)
    {
        var stream = new MemoryStream(data);
        return (buffer, cancellationToken) => stream.ReadExactlyAsync(buffer, cancellationToken);
    }

    private IEnumerable<Func<string, string, Task>> Decrypters()
    {
        yield return (input, output) => RunJavaScriptAsync("decrypt", input, output, "");
        if (HasAge)
        {
            yield return (input, output) => Tool.RunAgeAsync(Samples.Password, $"-d -o {output} {input}");
        }
    }

    private async Task RunJavaScriptAsync(string mode, string input, string output, string workFactor, string password = Samples.Password)
    {
        var script = _folder.Combine("age.mjs");
        await File.WriteAllTextAsync(script, Script);
        var library = Path.Combine(NpmPackages.Find("age-encryption"), "dist", "index.js");
        await Tool.RunAsync("node", [script, mode, library, input, output, password, workFactor]);
    }

    /// <summary>With zstd where it is; otherwise with a decoder that knows nothing of seek tables and skips what it may skip.</summary>
    private static async Task DecompressAsync(string zstd, string tar)
    {
        if (Tool.Exists("zstd"))
        {
            await Tool.RunAsync("zstd", ["-q", "-d", "-f", zstd, "-o", tar]);
            return;
        }

        await using var input = File.OpenRead(zstd);
        await using var decoder = new ZstdSharp.DecompressionStream(input);
        await using var output = File.Create(tar);
        await decoder.CopyToAsync(output);
    }
}

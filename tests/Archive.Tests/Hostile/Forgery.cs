using System.Globalization;
using System.Text;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tar;
using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive.Tests.Hostile;

/// <summary>
/// Makes backups that lie, by someone who knows the password and the format: every layer is consistent but for the one lie.
/// </summary>
internal sealed class Forgery
{
    private readonly List<byte> _tar = [];
    private readonly List<ManifestLine> _lines = [];
    private readonly List<ManifestPart> _parts = [];
    private readonly Tally _tally = new();

    public long Modified { get; set; } = Samples.Info.Created.ToUnixTimeSeconds();

    public int Tables { get; set; }

    /// <summary>A backup's beginning: backup.json and schema.</summary>
    public static Forgery Begin(bool objectsIncluded = true) => new Forgery()
        .Info(Samples.Info with { ObjectsIncluded = objectsIncluded })
        .Add("database/schema.json", "{}");

    public Forgery Info(BackupInfo info) =>
        Add("backup.json", Encoding.UTF8.GetString(ArchiveJson.Write(info, ArchiveJson.Readable.BackupInfo)));

    public Forgery Add(string path, string content) => Add(path, Samples.Utf8(content));

    /// <summary>Adds an entry as a writer would, whatever its name.</summary>
    public Forgery Add(string path, byte[] content, byte[]? comment = null)
    {
        var name = EntryName.Parse(path);
        if (name?.Kind is not (EntryNameKind.Manifest or EntryNameKind.ManifestPart))
        {
            long? rows = name?.Kind == EntryNameKind.TablePart ? content.Count(b => b == '\n') : null;
            _tally.Add(name ?? EntryName.Object(path), content.Length, rows ?? 0);
            _lines.Add(new ManifestLine
            {
                Path = path,
                Offset = _tar.Count,
                Size = content.Length,
                Sha256 = Samples.Sha256(content),
                Rows = rows,
            });
        }

        var utf8 = Encoding.UTF8.GetBytes(path);
        if (PaxRecords.For(utf8, content.Length, comment) is { } pax)
        {
            Pax(pax.Write());
        }

        return Header(utf8, content.Length, TarHeader.RegularFile).Raw(content).Pad();
    }

    /// <summary>Adds a pax header with any records.</summary>
    public Forgery Pax(byte[] records) =>
        Header(Encoding.ASCII.GetBytes(TarHeader.PaxName), records.Length, TarHeader.PaxHeader).Raw(records).Pad();

    /// <summary>Adds a header block, changed before its checksum is put right.</summary>
    public Forgery Header(byte[] name, long size, byte kind, Action<byte[]>? change = null)
    {
        var block = new byte[TarFormat.Block];
        TarHeader.Write(block, name, size, kind, Modified);
        if (change is not null)
        {
            change(block);
            var sum = 0;
            block.AsSpan(148, 8).Fill((byte)' ');
            Array.ForEach(block, b => sum += b);
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(block, 148);
            block[154] = 0;
            block[155] = (byte)' ';
        }

        return Raw(block);
    }

    public Forgery Raw(byte[] bytes)
    {
        _tar.AddRange(bytes);
        return this;
    }

    public Forgery Pad()
    {
        _tar.AddRange(new byte[TarFormat.Padding(_tar.Count)]);
        return this;
    }

    /// <summary>Adds a manifest part for the entries so far, its lines changed.</summary>
    public Forgery ManifestPart(Func<IEnumerable<ManifestLine>, IEnumerable<ManifestLine>>? change = null)
    {
        var lines = change?.Invoke(_lines) ?? _lines;
        return ManifestPart(string.Concat(lines.Select(l => Encoding.UTF8.GetString(ArchiveJson.Write(l, ArchiveJson.Readable.ManifestLine)) + "\n")));
    }

    public Forgery ManifestPart(string lines)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"manifest/{_parts.Count}.jsonl");
        _parts.Add(new ManifestPart
        {
            Path = path,
            Offset = _tar.Count,
            Size = Encoding.UTF8.GetByteCount(lines),
            Sha256 = Samples.Sha256(Encoding.UTF8.GetBytes(lines)),
            Lines = lines.Count(c => c == '\n'),
        });
        _lines.Clear();
        return Add(path, lines);
    }

    /// <summary>Adds manifest.json, changed.</summary>
    public Forgery Manifest(Func<Manifest, Manifest>? change = null)
    {
        var manifest = _tally.ToManifest(Samples.Info.Id, Tables, _parts);
        return Add("manifest.json", Encoding.UTF8.GetString(
            ArchiveJson.Write(change?.Invoke(manifest) ?? manifest, ArchiveJson.Readable.Manifest)));
    }

    /// <summary>Ends as a writer would: sequences unless they are there, manifest, zeros.</summary>
    public Forgery Rest()
    {
        if (!_lines.Exists(l => l.Path == EntryName.SequencesPath))
        {
            Add(EntryName.SequencesPath, "{}");
        }

        return ManifestPart().Manifest().Raw(new byte[TarFormat.End]);
    }

    public byte[] Tar() => [.. _tar];

    public Task<byte[]> BuildAsync() => FromTarAsync(Tar());

    /// <summary>Compresses and encrypts a tar.</summary>
    public static async Task<byte[]> FromTarAsync(byte[] tar) => await FromZstdAsync(await CompressAsync(tar));

    public static async Task<byte[]> CompressAsync(byte[] tar)
    {
        var zstd = new MemoryStream();
        await using var frames = new FrameWriter(zstd, level: 1, jobs: 1);
        var manifest = FindManifest(tar);
        await frames.WriteAsync(tar.AsMemory(0, manifest), default);
        await frames.EndFrameAsync(default);
        await frames.WriteAsync(tar.AsMemory(manifest), default);
        await frames.CompleteAsync(default);
        return zstd.ToArray();
    }

    /// <summary>Where the first manifest.json begins, so that it can begin a frame; the end if there is none.</summary>
    public static int FindManifest(byte[] tar)
    {
        for (var offset = 0; offset + TarFormat.Block <= tar.Length; offset += TarFormat.Block)
        {
            if (tar.AsSpan(offset).StartsWith("manifest.json\0"u8))
            {
                return offset;
            }
        }

        return tar.Length;
    }

    /// <summary>Encrypts anything with the samples' password.</summary>
    public static async Task<byte[]> FromZstdAsync(byte[] zstd)
    {
        var fileKey = AgeFile.CreateFileKey();
        var stanza = await AgePassword.WrapAsync(fileKey, Samples.Password, 1, default);
        var file = new MemoryStream();
        await using var age = await AgeFile.CreateEncryptingStreamAsync(file, [stanza], fileKey, default);
        await age.WriteAsync(zstd);
        await age.CompleteAsync(default);
        return file.ToArray();
    }

    /// <summary>What a file made with the samples' password holds: its zstd layer.</summary>
    public static async Task<byte[]> DecryptAsync(byte[] file)
    {
        var source = new MemoryStream(file);
        var header = await AgeHeader.ReadAsync(source, default);
        var fileKey = await AgePassword.UnwrapAsync(header, Samples.Password, 18, default);
        await using var age = await AgeFile.CreateDecryptingStreamAsync(header, source, fileKey, default);
        var zstd = new MemoryStream();
        await age.CopyToAsync(zstd);
        return zstd.ToArray();
    }

    /// <summary>What it holds one layer further in: its tar.</summary>
    public static async Task<byte[]> DecompressAsync(byte[] zstd)
    {
        var tar = new MemoryStream();
        await using var frames = new FrameReader(new MemoryStream(zstd), jobs: 1);
        while (await frames.PeekAsync(default) is { IsEmpty: false } content)
        {
            tar.Write(content.Span);
            frames.Advance(content.Length);
        }

        return tar.ToArray();
    }
}

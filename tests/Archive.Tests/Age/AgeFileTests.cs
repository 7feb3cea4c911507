using TfeBackup.Archive.Age;
using Xunit;

namespace TfeBackup.Archive.Tests.Age;

public sealed class AgeFileTests
{
    private const int Chunk = 64 * 1024;

    private static readonly byte[] FileKey = Samples.Random(AgeFile.FileKeySize, 1);

    private static readonly AgeStanza[] Stanzas =
    [
        new("vault-transit", ["tfe_archivist"], Samples.Utf8("vault:v1:" + new string('x', 87))),
        new("grease", [], ReadOnlyMemory<byte>.Empty),
    ];

    public static TheoryData<int> Lengths => [0, 1, Chunk - 1, Chunk, Chunk + 1, (2 * Chunk) - 1, 2 * Chunk, (20 * Chunk) + 17];

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task What_is_encrypted_by_writing_is_decrypted(int length)
    {
        var plain = Samples.Random(length, length);
        foreach ((var chunks, var jobs) in new[] { (1, 1), (2, 3), (8, 2) })
        {
            var file = new MemoryStream();
            await using (var stream = await AgeFile.CreateEncryptingStreamAsync(file, Stanzas, FileKey, chunks, jobs, default))
            {
                foreach (var piece in plain.Chunk(50_000))
                {
                    await stream.WriteAsync(piece);
                }

                await stream.CompleteAsync(default);
            }

            await CheckAsync(file.ToArray(), plain);
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task What_is_encrypted_by_reading_is_decrypted(int length)
    {
        var plain = Samples.Random(length, length);
        var file = new MemoryStream();
        await using (var encrypted = AgeFile.CreateEncryptedContentStream(new MemoryStream(plain), Stanzas, FileKey))
        {
            await encrypted.CopyToAsync(file);
        }

        await CheckAsync(file.ToArray(), plain);
    }

    [Fact]
    public async Task Reading_a_header_leaves_the_stream_at_the_payload()
    {
        for (var body = 0; body < 200; body++)
        {
            var stanza = new AgeStanza("kind", ["argument", "another"], Samples.Random(body, body));
            byte[] file = [.. AgeHeaderText.Write([stanza], FileKey), 0xAA];
            var stream = new MemoryStream(file);

            var header = await AgeHeader.ReadAsync(stream, default);

            Assert.Equal(file.Length - 1, stream.Position);
            Assert.Equal(file.Length - 1, header.Length);
            var read = Assert.Single(header.Stanzas);
            Assert.Equal("kind argument another", string.Join(' ', read.Arguments.Prepend(read.Type)));
            Assert.Equal(stanza.Body.ToArray(), read.Body.ToArray());
            header.CheckMac(FileKey);
        }
    }

    [Fact]
    public async Task A_file_that_was_not_completed_is_truncated_to_every_reader()
    {
        var plain = Samples.Random(3 * Chunk, 3);
        var file = new MemoryStream();
        await using (var stream = await AgeFile.CreateEncryptingStreamAsync(file, Stanzas, FileKey, default))
        {
            await stream.WriteAsync(plain);
        }

        var e = await Assert.ThrowsAsync<ArchiveException>(() => DecryptAsync(file.ToArray(), FileKey));
        Assert.Equal(ArchiveError.Corrupt, e.Error);
        Assert.Contains("truncated", e.Message);
    }

    [Fact]
    public async Task Another_file_key_fails_the_header()
    {
        byte[] file = [.. AgeHeaderText.Write(Stanzas, FileKey), .. new byte[32]];
        var e = await Assert.ThrowsAsync<ArchiveException>(() => DecryptAsync(file, Samples.Random(16, 2)));
        Assert.Equal(ArchiveError.Corrupt, e.Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(16 + 65552 + 16)]
    [InlineData(16 + 65552 + 5)]
    public void Lengths_that_no_payload_has_are_refused(long length) =>
        Assert.Equal(ArchiveError.Corrupt, Assert.Throws<ArchiveException>(() => AgeFile.PlainLength(length)).Error);

    [Fact]
    public void Stanza_arguments_that_would_break_the_header_are_refused()
    {
        foreach (var argument in new[] { "", "a b", "a\n-> scrypt", "ü" })
        {
            var e = Assert.Throws<ArchiveException>(
                () => AgeHeaderText.WriteAuthenticated([new AgeStanza("kind", [argument], default)]));
            Assert.Equal(ArchiveError.InvalidRequest, e.Error);
        }
    }

    private static async Task CheckAsync(byte[] file, byte[] plain)
    {
        Assert.Equal(AgeFile.EncryptedLength(Stanzas, plain.Length), file.Length);
        var header = await AgeHeader.ReadAsync(new MemoryStream(file), default);
        Assert.Equal(plain.Length, AgeFile.PlainLength(file.Length - header.Length));
        var decrypted = await DecryptAsync(file, FileKey);
        Assert.True(plain.AsSpan().SequenceEqual(decrypted));
    }

    private static async Task<byte[]> DecryptAsync(byte[] file, byte[] fileKey)
    {
        var source = new MemoryStream(file);
        var header = await AgeHeader.ReadAsync(source, default);
        await using var stream = await AgeFile.CreateDecryptingStreamAsync(header, source, fileKey, default);
        var plain = new MemoryStream();
        await stream.CopyToAsync(plain);
        return plain.ToArray();
    }
}

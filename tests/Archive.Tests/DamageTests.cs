using System.Collections.Concurrent;
using Xunit;

namespace TfeBackup.Archive.Tests;

/// <summary>What happens to a backup on disks and wires.</summary>
public sealed class DamageTests
{
    private static readonly ArchiveReaderOptions OneAtATime = new() { Parallelism = 1, MaxWorkFactor = 10 };

    [Fact]
    public async Task Truncation_at_any_point_is_found()
    {
        var file = await Samples.CreateAsync();

        await RefuseAllAsync(Enumerable.Range(0, file.Length), length => file[..length], "truncated to {0} bytes");
    }

    [Fact]
    public async Task One_flipped_bit_anywhere_is_found()
    {
        var file = await Samples.CreateAsync();

        // Every bit of header, nonce and the first bytes of the chunk; behind that every byte, each with another bit.
        var exhaustive = file.AsSpan().IndexOf("\n---"u8) + 200;
        var bits = Enumerable.Range(0, exhaustive * 8)
            .Concat(Enumerable.Range(exhaustive, file.Length - exhaustive).Select(i => (i * 8) + (i % 8)));
        await RefuseAllAsync(bits, bit => Flip(file, bit), "bit {0} flipped");
    }

    [Theory]
    [InlineData("\0")]
    [InlineData("\n")]
    [InlineData("more than a byte")]
    public async Task Anything_after_the_end_is_found(string tail)
    {
        var file = await Samples.CreateAsync();

        var e = await RefuseAsync([.. file, .. Samples.Utf8(tail)]);
        Assert.Equal(ArchiveError.Corrupt, e.Error);
    }

    [Fact]
    public async Task Truncation_and_trailing_data_on_chunk_boundaries_are_named_as_such()
    {
        var file = await LargeAsync();
        var payload = file.AsSpan().IndexOf("\n---"u8) + 1 + 48 + 16;
        const int Sealed = 65552;
        Assert.True(file.Length > payload + (4 * Sealed));

        Assert.Contains("truncated", (await RefuseAsync(file[..(payload + Sealed)])).Message);
        Assert.Contains("truncated", (await RefuseAsync(file[..(payload + (3 * Sealed))])).Message);
        Assert.Contains("truncated", (await RefuseAsync(file[..^1])).Message);
        byte[] swapped = [.. file];
        file.AsSpan(payload, Sealed).CopyTo(swapped.AsSpan(payload + Sealed));
        file.AsSpan(payload + Sealed, Sealed).CopyTo(swapped.AsSpan(payload));
        Assert.Equal(ArchiveError.Corrupt, (await RefuseAsync(swapped)).Error);
        byte[] without = [.. file[..(payload + Sealed)], .. file[(payload + (2 * Sealed))..]];
        Assert.Equal(ArchiveError.Corrupt, (await RefuseAsync(without)).Error);
    }

    [Fact]
    public async Task Two_backups_in_one_file_are_not_one()
    {
        var file = await Samples.CreateAsync();

        Assert.Equal(ArchiveError.Corrupt, (await RefuseAsync([.. file, .. file])).Error);
    }

    [Fact]
    public async Task A_wrong_password_is_called_that()
    {
        var file = await Samples.CreateAsync();

        foreach (var password in new[] { "wrong", Samples.Password + " ", Samples.Password.ToUpperInvariant() })
        {
            var e = await Assert.ThrowsAsync<ArchiveException>(
                () => ArchiveVerifier.VerifyAsync(new MemoryStream(file), password, null, default));
            Assert.Equal(ArchiveError.WrongPassword, e.Error);
            Assert.DoesNotContain(password, e.Message);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("<html><body>502 Bad Gateway</body></html>")]
    [InlineData("age-encryption.org/v1")]
    [InlineData("age-encryption.org/v1\n")]
    [InlineData("age-encryption.org/v1\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")]
    public async Task What_is_no_backup_is_refused(string content) =>
        Assert.Equal(ArchiveError.Corrupt, (await RefuseAsync(Samples.Utf8(content))).Error);

    [Theory]
    [InlineData("age-encryption.org/v2\n-> scrypt a 1\n\n--- x\n")]
    [InlineData("-----BEGIN AGE ENCRYPTED FILE-----\n")]
    [InlineData("age-encryption.org/v1\n-> X25519 abc\nAAAA\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")]
    public async Task Other_kinds_of_age_files_are_named(string content) =>
        Assert.Equal(ArchiveError.Unsupported, (await RefuseAsync(Samples.Utf8(content))).Error);

    [Fact]
    public async Task An_endless_file_without_a_header_is_refused_early()
    {
        using var file = new EndlessStream((byte)'a');

        var e = await Assert.ThrowsAsync<ArchiveException>(
            () => ArchiveVerifier.VerifyAsync(file, Samples.Password, null, default));
        Assert.Equal(ArchiveError.Corrupt, e.Error);
        Assert.True(file.Given < 1000);
    }

    [Fact]
    public async Task A_work_factor_above_the_limit_is_refused_before_the_work_is_done()
    {
        var file = await Samples.CreateAsync(Samples.Cheap with { WorkFactor = 11 });

        var e = await Assert.ThrowsAsync<ArchiveException>(
            () => ArchiveVerifier.VerifyAsync(new MemoryStream(file), Samples.Password, OneAtATime, default));
        Assert.Equal(ArchiveError.Unsupported, e.Error);
        Assert.Contains("work factor is 11", e.Message);
    }

    private static async Task<byte[]> LargeAsync()
    {
        var file = new MemoryStream();
        await using var writer = await ArchiveWriter.CreateAsync(file, Samples.Password, Samples.Info, Samples.Cheap, default);
        await writer.WriteSchemaAsync(Samples.Utf8("{}"), default);
        await writer.WriteSequencesAsync(Samples.Utf8("{}"), default);
        await Samples.WriteObjectAsync(writer, new ArchiveObject("noise", 400_000), Samples.Random(400_000, 7));
        await writer.CompleteAsync(default);
        return file.ToArray();
    }

    private static byte[] Flip(byte[] file, int bit)
    {
        byte[] damaged = [.. file];
        damaged[bit / 8] ^= (byte)(1 << (bit % 8));
        return damaged;
    }

    private static async Task<ArchiveException> RefuseAsync(byte[] file) =>
        await Assert.ThrowsAsync<ArchiveException>(
            () => ArchiveVerifier.VerifyAsync(new MemoryStream(file), Samples.Password, OneAtATime, default));

    private static async Task RefuseAllAsync(IEnumerable<int> cases, Func<int, byte[]> damage, string what)
    {
        var faults = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(cases, async (number, _) =>
        {
            var name = string.Format(System.Globalization.CultureInfo.InvariantCulture, what, number);
            try
            {
                await ArchiveVerifier.VerifyAsync(new MemoryStream(damage(number)), Samples.Password, OneAtATime, default);
                faults.Enqueue($"{name}: accepted");
            }
            catch (ArchiveException)
            {
                // As it should be. Anything else that is thrown ends the test.
            }
        });
        Assert.Empty(faults);
    }

    private sealed class EndlessStream(byte value) : Buffers.PipelineStream
    {
        public long Given { get; private set; }

        public override bool CanRead => true;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill(value);
            Given += buffer.Length;
            return ValueTask.FromResult(buffer.Length);
        }
    }
}

using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using TfeBackup.Archive.Zstd;
using Xunit;

namespace TfeBackup.Archive.Tests.Hostile;

/// <summary>
/// Random changes to what lies inside the encryption, by someone who knows the password: whatever comes of it, it is either a
/// backup or an <see cref="ArchiveException"/>, never a crash, another exception or a hang.
/// </summary>
public sealed class MutationTests
{
    private static readonly Lazy<Task<byte[]>> Zstd = new(async () => await Forgery.DecryptAsync(await Samples.CreateAsync()));
    private static readonly Lazy<Task<byte[]>> Tar = new(async () => await Forgery.DecompressAsync(await Zstd.Value));
    private static readonly ArchiveReaderOptions[] OneAtATime =
        [new() { Parallelism = 1 }, new() { Parallelism = 1, Zstd = ZstdLibrary.Managed }];

    [Property(MaxTest = 1500, Arbitrary = [typeof(Mutations)])]
    public async Task A_changed_zstd_layer_never_escapes(Mutation[] mutations) =>
        await CheckAsync(await Forgery.FromZstdAsync(Apply(await Zstd.Value, mutations)));

    [Property(MaxTest = 1500, Arbitrary = [typeof(Mutations)])]
    public async Task A_changed_tar_never_escapes(Mutation[] mutations) =>
        await CheckAsync(await Forgery.FromTarAsync(Apply(await Tar.Value, mutations)));

    [Property(MaxTest = 500, Arbitrary = [typeof(Mutations)])]
    public async Task A_changed_file_is_never_accepted(Mutation[] mutations)
    {
        var file = await Samples.CreateAsync();
        var changed = Apply(file, mutations);
        if (!changed.AsSpan().SequenceEqual(file))
        {
            await Assert.ThrowsAsync<ArchiveException>(() => VerifyAsync(changed, OneAtATime[0]));
        }
    }

    [Property(MaxTest = 300)]
    public async Task Random_bytes_inside_the_encryption_never_escape(byte[] content)
    {
        await CheckAsync(await Forgery.FromZstdAsync(content));
        await CheckAsync(await Forgery.FromZstdAsync([0x28, 0xB5, 0x2F, 0xFD, .. content]));
        await CheckAsync(await Forgery.FromTarAsync(content));
    }

    [Property(MaxTest = 300)]
    public async Task Random_bytes_as_a_file_never_escape(byte[] content)
    {
        await CheckAsync(content);
        await CheckAsync([.. "age-encryption.org/v1\n"u8, .. content]);
    }

    private static async Task CheckAsync(byte[] file)
    {
        foreach (var options in OneAtATime)
        {
            try
            {
                await VerifyAsync(file, options);
            }
            catch (ArchiveException)
            {
                // The only exception there may be.
            }
        }
    }

    private static Task<ArchiveSummary> VerifyAsync(byte[] file, ArchiveReaderOptions options) =>
        ArchiveVerifier.VerifyAsync(new MemoryStream(file), Samples.Password, options, default);

    internal static byte[] Apply(byte[] original, Mutation[] mutations)
    {
        List<byte> data = [.. original];
        foreach (var mutation in mutations.Where(_ => data.Count > 0))
        {
            var at = mutation.Place % data.Count;
            var length = Math.Min(mutation.Length, data.Count - at);
            switch (mutation.Kind)
            {
                case MutationKind.Set:
                    data[at] = mutation.Value;
                    break;
                case MutationKind.Flip:
                    data[at] ^= (byte)(1 << (mutation.Value % 8));
                    break;
                case MutationKind.Insert:
                    data.InsertRange(at, Enumerable.Repeat(mutation.Value, length));
                    break;
                case MutationKind.Remove:
                    data.RemoveRange(at, length);
                    break;
                case MutationKind.Repeat:
                    data.InsertRange(at, data.GetRange(at, length));
                    break;
                default:
                    data.RemoveRange(at, data.Count - at);
                    break;
            }
        }

        return [.. data];
    }

    public enum MutationKind
    {
        Set,
        Flip,
        Insert,
        Remove,
        Repeat,
        Cut,
    }

    public sealed record Mutation(MutationKind Kind, int Place, int Length, byte Value);

    public static class Mutations
    {
        public static Arbitrary<Mutation[]> Create()
        {
            var length = Gen.Frequency((3, Gen.Choose(1, 16)), (1, Gen.Choose(1, 3).Select(n => n * 512)));
            var kind = Gen.Frequency(
                (4, Gen.Constant(MutationKind.Set)),
                (4, Gen.Constant(MutationKind.Flip)),
                (2, Gen.Constant(MutationKind.Insert)),
                (2, Gen.Constant(MutationKind.Remove)),
                (2, Gen.Constant(MutationKind.Repeat)),
                (1, Gen.Constant(MutationKind.Cut)));
            var value = Gen.Choose(0, 255).Select(v => (byte)v);
            var mutation =
                from k in kind
                from place in Gen.Choose(0, 1 << 20)
                from l in length
                from v in value
                select new Mutation(k, place, l, v);
            return (from count in Gen.Choose(1, 4) from all in mutation.ArrayOf(count) select all).ToArbitrary();
        }
    }
}

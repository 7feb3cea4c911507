using System.Globalization;

namespace TfeBackup.Archive.Tests.Hostile;

/// <summary>Random changes to bytes, as many as the environment asks for.</summary>
internal static class Mutations
{
    /// <summary>How many changes a test makes: <c>TFEBACKUP_TEST_MUTATIONS</c>, or some.</summary>
    public static int Count =>
        int.TryParse(Environment.GetEnvironmentVariable("TFEBACKUP_TEST_MUTATIONS"), CultureInfo.InvariantCulture, out var count) ? count : 1000;

    /// <summary>A copy with one to four changes.</summary>
    public static byte[] Apply(byte[] original, Random random)
    {
        var mutations = Enumerable.Range(0, random.Next(1, 5)).Select(_ => new MutationTests.Mutation(
            Kinds[random.Next(Kinds.Length)], random.Next(1 << 20), random.Next(4) == 0 ? 512 * random.Next(1, 4) : random.Next(1, 17), (byte)random.Next(256)));
        return MutationTests.Apply(original, [.. mutations]);
    }

    private static readonly MutationTests.MutationKind[] Kinds = Enum.GetValues<MutationTests.MutationKind>();
}

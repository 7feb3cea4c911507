using System.Collections.Immutable;

namespace TfeBackup.Azure.Blobs;

/// <summary>
/// The sizes of a blob's blocks, by position. A block blob has at most 50,000 blocks and the length of a backup is
/// not known before it ends, so blocks grow: small ones first, for many small transfers at once and little memory, larger
/// ones when so much has come that small ones would run out.
/// </summary>
internal sealed class BlockPlan
{
    /// <summary>Blocks a block blob may have (Put Block List).</summary>
    public const int MaxBlocks = 50_000;

    /// <summary>Bytes a block may have (Put Block since version 2019-12-12).</summary>
    public const long MaxBlockSize = 4_000L << 20;

    private const long Mebibyte = 1L << 20;

    private readonly ImmutableArray<Tier> _tiers;

    public BlockPlan(int segmentSize, int segments, params ImmutableArray<Tier> tiers)
    {
        foreach (var tier in tiers)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(tier.BlockSize, MaxBlockSize);
            if (!tier.Spooled)
            {
                // Two blocks at least fit the memory: one is filled while the other is sent.
                ArgumentOutOfRangeException.ThrowIfGreaterThan(tier.BlockSize * 2, (long)segmentSize * segments);
            }
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(tiers.Sum(tier => tier.Blocks), MaxBlocks);
        SegmentSize = segmentSize;
        Segments = segments;
        _tiers = tiers;
    }

    /// <summary>
    /// 8 MiB blocks up to 78 GiB, 16 MiB up to 234 GiB, 24 MiB up to 468 GiB: blocks that are built in 48 MiB of memory. Then
    /// 256 MiB up to 2.9 TiB and 4,000 MiB up to 41 TiB, which are built in a temporary file each.
    /// </summary>
    public static BlockPlan Default { get; } = new(
        segmentSize: (int)(8 * Mebibyte),
        segments: 6,
        new Tier(10_000, 8 * Mebibyte),
        new Tier(10_000, 16 * Mebibyte),
        new Tier(10_000, 24 * Mebibyte),
        new Tier(10_000, 256 * Mebibyte, Spooled: true),
        new Tier(10_000, MaxBlockSize, Spooled: true));

    /// <summary>Bytes of one buffer.</summary>
    public int SegmentSize { get; }

    /// <summary>Buffers in use at once, at most.</summary>
    public int Segments { get; }

    /// <summary>Bytes a blob built by this plan can hold.</summary>
    public long MaxLength => _tiers.Sum(tier => tier.Blocks * tier.BlockSize);

    /// <summary>The tier of a block; null where there is no room for another one.</summary>
    /// <param name="index">The block's number, from 0.</param>
    public Tier? GetTier(int index)
    {
        foreach (var tier in _tiers)
        {
            if (index < tier.Blocks)
            {
                return tier;
            }

            index -= tier.Blocks;
        }

        return null;
    }

    /// <summary>A run of blocks of the same length.</summary>
    /// <param name="Blocks">How many.</param>
    /// <param name="BlockSize">Bytes of each.</param>
    /// <param name="Spooled">True if they are built in temporary files instead of memory.</param>
    internal readonly record struct Tier(int Blocks, long BlockSize, bool Spooled = false);
}

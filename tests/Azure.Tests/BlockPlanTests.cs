using TfeBackup.Azure.Blobs;
using Xunit;

namespace TfeBackup.Azure.Tests;

public sealed class BlockPlanTests
{
    [Fact]
    public void The_plan_uses_every_block_a_blob_may_have_and_none_larger_than_it_may_be()
    {
        var tiers = Enumerable.Range(0, BlockPlan.MaxBlocks).Select(i => BlockPlan.Default.GetTier(i)!.Value).ToList();

        Assert.Null(BlockPlan.Default.GetTier(BlockPlan.MaxBlocks));
        Assert.Equal(BlockPlan.MaxBlockSize, tiers.Max(tier => tier.BlockSize));
        Assert.Equal(tiers.Sum(tier => tier.BlockSize), BlockPlan.Default.MaxLength);
        Assert.InRange(BlockPlan.Default.MaxLength, 40L << 40, 190L << 40);
    }

    [Fact]
    public void Blocks_never_become_smaller_and_the_first_450_gigabytes_needs_no_disk()
    {
        long length = 0;
        long last = 0;
        for (var i = 0; i < BlockPlan.MaxBlocks; i++)
        {
            var tier = BlockPlan.Default.GetTier(i)!.Value;
            Assert.True(tier.BlockSize >= last);
            last = tier.BlockSize;
            length += tier.BlockSize;
            Assert.True(!tier.Spooled || length > 450L << 30);
        }
    }

    [Fact]
    public void Memory_for_blocks_is_48_MiB() =>
        Assert.Equal(48 << 20, BlockPlan.Default.SegmentSize * BlockPlan.Default.Segments);

    [Fact]
    public void A_block_that_would_fill_the_whole_memory_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BlockPlan(1024, 4, new BlockPlan.Tier(1, 2049)));
}

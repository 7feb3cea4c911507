using System.Text;
using TfeBackup.Engine.Objects;
using Xunit;

namespace TfeBackup.Engine.Tests.Objects;

public sealed class KeySorterTests
{
    private const string Alphabet = "ab/-.\u00e9\ud7ff\ue000\uffff";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(2500)]
    public void Keys_come_out_in_the_order_of_their_bytes_however_many_runs_it_takes(int count)
    {
        Random random = new(count);
        using KeySorter sorter = new(keysInMemory: 100);
        List<(string Key, long Value)> keys = [];
        for (var i = 0; i < count; i++)
        {
            keys.Add((RandomKey(random), i));
            sorter.Add(keys[i].Key, i);
        }

        var sorted = sorter.Sorted().ToList();
        Assert.Equal(
            keys.Select(k => Convert.ToHexString(Encoding.UTF8.GetBytes(k.Key))).Order(StringComparer.Ordinal),
            sorted.Select(k => Convert.ToHexString(Encoding.UTF8.GetBytes(k.Key))));
        Assert.Equal(keys.OrderBy(k => k.Value), sorted.OrderBy(k => k.Value));
    }

    [Fact]
    public void Keys_compare_as_their_bytes_do()
    {
        Random random = new(7);
        for (var i = 0; i < 5000; i++)
        {
            var (x, y) = (RandomKey(random), RandomKey(random));
            var bytes = Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y));
            Assert.Equal(Math.Sign(bytes), Math.Sign(ObjectKey.Compare(x, y)));
        }
    }

    private static string RandomKey(Random random) => string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ =>
        random.Next(5) == 0 ? char.ConvertFromUtf32(random.Next(0x10000, 0x110000)) : Alphabet[random.Next(Alphabet.Length)].ToString()));
}

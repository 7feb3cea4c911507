using System.Text;
using TfeBackup.Operations.Drill;

namespace TfeBackup.Operations.Tests.Drills;

public sealed class TableDigestTests
{
    [Fact]
    public async Task Order_of_rows_and_of_columns_and_breaks_between_parts_do_not_matter_and_everything_else_does()
    {
        var random = new Random(20261122);
        for (var run = 0; run < 200; run++)
        {
            var columns = Enumerable.Range(0, random.Next(1, 6)).Select(i => $"c{i}").ToArray();
            var rows = Enumerable.Range(0, random.Next(1, 30)).Select(_ => columns.Select(_ => Field(random)).ToArray()).ToArray();
            var expected = await DigestAsync(columns, columns, rows, random);
            var order = Enumerable.Range(0, columns.Length).ToArray();
            random.Shuffle(order);
            var shuffled = rows.Select(row => order.Select(i => row[i]).ToArray()).ToArray();
            random.Shuffle(shuffled);
            Assert.Equal(expected, await DigestAsync([.. order.Select(i => columns[i])], columns, shuffled, random));

            var changed = rows.Select(row => row.ToArray()).ToArray();
            changed[random.Next(rows.Length)][random.Next(columns.Length)] += "!";
            Assert.NotEqual(expected, await DigestAsync(columns, columns, changed, random));
            Assert.NotEqual(expected, await DigestAsync(columns, columns, [.. rows, rows[0]], random));
        }
    }

    private static string Field(Random random) =>
        random.Next(10) == 0 ? new string('x', random.Next(3_000)) : random.Next(3) == 0 ? "" : $"{random.Next(5)}";

    private static async Task<MultisetDigest> DigestAsync(string[] columns, string[] like, string[][] rows, Random random)
    {
        using var digest = new TableDigest(Table(columns), Table(like));
        Assert.True(digest.HasSameColumns);
        var text = Encoding.UTF8.GetBytes(string.Concat(rows.Select(row => string.Join('\t', row) + "\n")));
        var buffer = new byte[random.Next(1, 200)];
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(random.Next(1, 2_000), text.Length - at);
            await digest.ReadAsync(new MemoryStream(text, at, length), buffer, default);
            at += length;
        }

        Assert.Equal(rows.Length, digest.Rows.Count);
        return digest.Rows;
    }

    private static DrilledTable Table(string[] columns) => new("public", "t", [.. columns.Select(column => new DrilledColumn(column))]);
}

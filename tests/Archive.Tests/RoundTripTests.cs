using System.Text;
using Xunit;

namespace TfeBackup.Archive.Tests;

public sealed class RoundTripTests
{
    [Fact]
    public async Task Everything_written_is_read_back()
    {
        var entries = await Samples.ReadAllAsync(new MemoryStream(await Samples.CreateAsync()));

        Assert.Equal(
            [
                "database/schema.json",
                "database/public/users/0.copy",
                "database/public/users/1.copy",
                "database/public/Empty%20%26%20W%C3%A9ird%2Etable/0.copy",
                "database/sequences.json",
                "objects/a b%20+'\"/ü/.hidden",
                "objects/empty",
            ],
            entries.Select(e => e.Entry.Path));
        Assert.Equal("1\tanna\n2\tbo", Encoding.UTF8.GetString(entries[1].Content));
        Assert.Equal(("public", "users", 1), (entries[2].Entry.Schema, entries[2].Entry.Table, entries[2].Entry.Part));
        Assert.Equal("Empty & Wéird.table", entries[3].Entry.Table);
        var item = entries[5].Entry.Object!;
        Assert.Equal("a b%20+'\"/ü/.hidden", item.Key);
        Assert.Equal("application/json", item.ContentType);
        Assert.Equal("zwölf\n=", item.Metadata["zwei"]);
        Assert.Equal(2, item.Metadata.Count);
        Assert.Equal(("tfe_archivist", "age"), (item.TransitKey, item.TransitForm));
        Assert.Equal("hello", Encoding.UTF8.GetString(entries[5].Content));
        Assert.Null(entries[6].Entry.Object!.ContentType);
        Assert.Empty(entries[6].Content);
    }

    [Fact]
    public async Task The_totals_are_the_same_on_both_sides()
    {
        var summary = await Samples.VerifyAsync(await Samples.CreateAsync());

        Assert.Equal(8, summary.Entries);
        Assert.Equal((2, 3, 2), (summary.Tables, summary.TableParts, summary.Rows));
        Assert.Equal((2, 1), (summary.Objects, summary.Vanished));
        Assert.Equal((15, 5), (summary.TableBytes, summary.ObjectBytes));
    }

    [Fact]
    public async Task Remarks_on_columns_and_constraints_come_back_and_are_no_entries()
    {
        var file = new MemoryStream();
        await using (var writer = await ArchiveWriter.CreateAsync(file, Samples.Password, Samples.Info with { ObjectsIncluded = false }, Samples.Cheap, default))
        {
            await writer.WriteSchemaAsync("{}"u8.ToArray(), default);
            await writer.WriteColumnAsync(new ArchiveColumn("public.users.token\n", 12, 3), default);
            await writer.WriteSequencesAsync("{}"u8.ToArray(), default);
            await writer.WriteBrokenAsync("public.teams.teams_org_fkey", default);
            Assert.Equal(3, (await writer.CompleteAsync(default)).Entries);
        }

        file.Position = 0;
        await using var reader = await ArchiveReader.OpenAsync(file, Samples.Password, null, default);
        while (await reader.ReadAsync(default) is not null)
        {
            // To the end.
        }

        Assert.Equal(new ArchiveColumn("public.users.token\n", 12, 3), Assert.Single(reader.Columns));
        Assert.Equal("public.teams.teams_org_fkey", Assert.Single(reader.Broken));
        Assert.Equal(3, reader.Summary.Entries);
    }
}

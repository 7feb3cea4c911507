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
    public async Task A_file_of_before_frames_lost_their_checksums_is_read()
    {
        var file = Convert.FromBase64String(FileWithChecksums);
        Assert.Equal(2, (await Samples.VerifyAsync(file)).Rows);
        await using var index = await ArchiveIndex.OpenAsync(new MemoryStream(file), Samples.Password, null, default);
        Assert.Equal(1, index.Summary.Objects);
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

    // Schema, two users, sequences and one object, written when every frame ended in a checksum.
    private const string FileWithChecksums = """
        YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBwdzhUTW00UHFwZTBETEF2UjJ3OWR3IDIKcXVhMVhsL3Rqa3RuTWk0d3hXMXB1WlQramY2R3FuM2s3L1hlRHVFZWhB
        dwotLS0geTZ0Q2lPcGFTNkJMZnVERWVaKzdIdFlTOThrTlNkV3V6UTFndWxERTZuUQrVXy0NsjuWFxcYtF95X0LmrbW97H5IbEB6m6GCjGGsrXym6v36v1T2Ab8sMYkGHj1G
        1/Xa4uY9zn0+3scWHjRz8Van5V+B1JTaL6KZgtCG3jb3rDfTiJgyriz9ez76J5guonrk0bAq9oTv/FJ5xq7wQaKM3fHGKBmNkRLe431/dzIA1Fho0gbeqGhOmN4uOI1XFbMl
        dcXpKUaC6UbrwnRoOtExwVUlSdQ7bZz/plY9jp/CTmF6tt6JpCW+sSrHUVLbG3kVpynCjJhkjIxWcLSPfJ4KVohQLlpASbYgWMgOSSPuIHWPqdvTlVDRQKr5UaquhLW7tYqQ
        dUIs3jJXVhJw22lYcUCis/fUgyRRJwh4jFW/CIumBPvllspPgYiWfodd0hyd9zotw7rZb6MwPCgvAAQPj08IWhBCIgE5JOnrcNmE9qJ8PBZqHYJhHmDnJsk9U0GLEYFfZkgH
        27NSCgV21fyzaQZ3586asHamaymk2qZIFrSSeM9zayMuz2gGtQyX1u9kkGpemE3dMxWYsQxyuz1un5ejuRnGKeVQuewMSOT++Bke+5USL8eIA/ZBKb/ZTV+kKD2ZsGki4CiD
        NXP/lvJQqDl9dVHSLgBswXtjfS1NiGmMDaP3BiAWj1tH/+AinqQqFR5+1C4rB+H0vnbPXeeBj7irZDTMOe7tZwau+t4fppd6y76b1C5QssA6ydH9bxI3fyPVaIaB3wL1cyjO
        wheVgN11hf1FhjKrAtOlGyQb3yp4S3xkWGUaiGcx1Ozg2buplIMxAlUXVJNEdVOAzkzQ6sII2weUm0lCf5wfiFHVzcqpO/VPLPeSlOa1rVsXSaOyEk6fYVz5/VM9ybFwepKg
        vFf+HHlYNY7zh7RSyq+4LpUpjbaVePQUrThWLPMspKHI8hf4APi3mwmWnmaXDLTVZBn853EeHdN/UqFSDKmV8zNNzjxef5Ajdynwt1bgCUaIyr6uzT2EsPCE7NkxMqIGYGGe
        Z130qOjxUGGl33Q3lpk9VKWT3oBYjdBw/0nlS2tzIA7qq/AfFxBsMoJTlrB2JGj7vPclkPvpU0oYSLfbkuYWlCFVQ7bvo9gYn79yl3mOL8diIMVGsfkNBHT8vtBPe+34ksmf
        7hA/ZEbwFw8p493fLtp6vDb4vPOU0lNGoPWHAGX8/P7lkiby2uvBnDuWugc3PMwMiyENmO6pGHdD04UnsoeafZbyjQJrSO4M6lzIlz94EV8ttZugm+EdIC7WcHPnw54+xXYQ
        8x/zBGbZEfEpm3MT5uuWKVFKZ1UWVoLTJXHF0piRaTDnAJ/1Jrj+pZYjLxNDw2LONIz8KPUrNB8/TpTpWVT8vh1dOUYOlR8/yu78YU6WOBzG+9veNAqiZXRv379TQ5bMm6aE
        XyaTTpMPGktXXmroNQ3U87RK9FwaJA1SXKZKqvwH0mo=
        """;
}

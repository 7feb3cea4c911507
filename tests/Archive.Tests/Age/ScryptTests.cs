using TfeBackup.Archive.Age;
using Xunit;

namespace TfeBackup.Archive.Tests.Age;

public sealed class ScryptTests
{
    [Fact]
    public async Task The_vector_of_RFC_7914_comes_out()
    {
        var key = await Scrypt.DeriveAsync(Samples.Utf8("pleaseletmein"), Samples.Utf8("SodiumChloride"), 14, 64, default);

        Assert.Equal(
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2" +
            "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
            Convert.ToHexStringLower(key));
    }
}

using FsCheck.Xunit;
using TfeBackup.Archive.Age;
using Xunit;

namespace TfeBackup.Archive.Tests.Age;

public sealed class AgeIdentityTests
{
    private const string Identity = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";

    [Fact]
    public void X25519_gives_what_RFC_7748_says()
    {
        var scalar = new byte[32];
        scalar[0] = 9;
        var point = scalar.ToArray();
        for (var i = 0; i < 1000; i++)
        {
            var result = new byte[32];
            Assert.True(Sodium.TryX25519(scalar, point, result));
            (scalar, point) = (result, scalar);
            if (i == 0)
            {
                Assert.Equal("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079", Convert.ToHexStringLower(result));
            }
        }

        Assert.Equal("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", Convert.ToHexStringLower(scalar));
    }

    [Fact]
    public void A_text_gives_the_key_and_the_key_the_text()
    {
        using var identity = AgeIdentity.Parse(Identity);
        Assert.Equal(Identity, identity.Reveal());
        Assert.Equal("age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryef", AgeRecipient.Parse(identity.Recipient.ToString()).ToString());
        Assert.Equal(identity.Recipient, AgeRecipient.Parse(identity.Recipient.ToString()));
        Assert.DoesNotContain("SECRET", identity.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Property(MaxTest = 200)]
    public void Any_bytes_have_one_text(byte[] bytes)
    {
        var text = Bech32.Encode("age", bytes);
        Assert.True(Bech32.TryDecode(text, "age", bytes.Length, out var decoded));
        Assert.Equal(bytes, decoded);
        Assert.False(Bech32.TryDecode(text, "ages", bytes.Length, out _));
        for (var i = 0; i < text.Length; i++)
        {
            // A checksum of Bech32 finds any one wrong character.
            var wrong = text.ToCharArray();
            wrong[i] = wrong[i] == 'q' ? 'p' : 'q';
            Assert.False(Bech32.TryDecode(new string(wrong), "age", bytes.Length, out _));
        }
    }

    [Fact]
    public void Only_the_owner_of_a_recipient_unwraps_what_it_wrapped()
    {
        var fileKey = AgeFile.CreateFileKey();
        AgeIdentity[] identities = [AgeIdentity.Create(), AgeIdentity.Create(), AgeIdentity.Create()];
        using var stranger = AgeIdentity.Create();
        var header = Header(fileKey, [.. identities.Select(i => i.Recipient.Wrap(fileKey))]);

        foreach (var identity in identities)
        {
            Assert.Equal(fileKey, AgeIdentity.Unwrap(header, [identity]));
            Assert.Equal(fileKey, AgeIdentity.Unwrap(header, [stranger, identity]));
            identity.Dispose();
        }

        var e = Assert.Throws<ArchiveException>(() => AgeIdentity.Unwrap(header, [stranger]));
        Assert.Equal(ArchiveError.WrongPassword, e.Error);
        Assert.Contains(stranger.Recipient.ToString(), e.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("age1")]
    [InlineData("AGE1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4Q47RYEF")]
    [InlineData("age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryee")]
    [InlineData("age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH")]
    [InlineData(Identity)]
    public void What_is_no_recipient_is_refused_and_not_repeated(string text)
    {
        var e = Assert.Throws<ArchiveException>(() => AgeRecipient.Parse(text));
        Assert.Equal(ArchiveError.InvalidRequest, e.Error);
        Assert.True(text.Length < 5 || !e.Message.Contains(text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("age-secret-key-1egtzvffv20835nwyv6270lxyvk2vknx2mmdkwyklmgr48uawx40q2p2lm0")]
    [InlineData("AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM")]
    [InlineData("AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM1")]
    public void What_is_no_identity_is_refused(string text) =>
        Assert.Equal(ArchiveError.InvalidRequest, Assert.Throws<ArchiveException>(() => AgeIdentity.Parse(text)).Error);

    /// <summary>Points whose product with any key is zero, so that anybody could unwrap: all of order 8 and less, in their encodings.</summary>
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void Points_of_low_order_are_refused_both_ways(string point)
    {
        var bytes = Convert.FromHexString(point);
        var recipient = AgeRecipient.Parse(new AgeRecipient(bytes).ToString());
        Assert.Equal(ArchiveError.InvalidRequest, Assert.Throws<ArchiveException>(() => recipient.Wrap(new byte[16])).Error);

        using var identity = AgeIdentity.Create();
        var header = Header(new byte[16], [new AgeStanza("X25519", [AgeBase64.Encode(bytes)], new byte[32])]);
        Assert.Equal(ArchiveError.Corrupt, Assert.Throws<ArchiveException>(() => AgeIdentity.Unwrap(header, [identity])).Error);
    }

    private static AgeHeader Header(byte[] fileKey, AgeStanza[] stanzas) =>
        AgeHeader.ReadAsync(new MemoryStream(AgeHeaderText.Write(stanzas, fileKey)), default).GetAwaiter().GetResult();
}

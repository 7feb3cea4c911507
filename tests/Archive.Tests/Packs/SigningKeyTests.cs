using FsCheck.Xunit;
using TfeBackup.Archive.Packs;
using TfeBackup.Archive.Tests.Interop;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Archive.Tests.Packs;

public sealed class SigningKeyTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    public void The_vectors_of_RFC_8032_come_out(string seed, string publicKey, string message, string signature)
    {
        using var key = SigningKey.Parse(
            $"-----BEGIN PRIVATE KEY-----\n{Convert.ToBase64String(Convert.FromHexString("302e020100300506032b657004220420" + seed))}\n-----END PRIVATE KEY-----\n");
        Assert.Equal(Convert.ToBase64String(Convert.FromHexString("302a300506032b6570032100" + publicKey)), key.PublicKey.ToString());
        Assert.Equal(signature, Convert.ToHexStringLower(key.Sign(Convert.FromHexString(message))));
    }

    [Property(MaxTest = 100)]
    public void A_signature_fits_its_message_and_its_key_alone(byte[] message, byte place)
    {
        using var key = SigningKey.Create();
        using var other = SigningKey.Create();
        var signature = key.Sign(message);
        Assert.True(VerifyingKey.Parse(key.PublicKey.ToPem()).Verify(message, signature));
        Assert.False(other.PublicKey.Verify(message, signature));
        Assert.False(key.PublicKey.Verify([.. message, 0], signature));
        Assert.False(key.PublicKey.Verify(message, signature.AsSpan(1)));
        signature[place % signature.Length] ^= 1;
        Assert.False(key.PublicKey.Verify(message, signature));
    }

    [Fact]
    public void Texts_give_keys_and_keys_texts()
    {
        using var key = SigningKey.Create();
        using var again = SigningKey.Parse(key.RevealPem());
        Assert.Equal(key.PublicKey, again.PublicKey);
        Assert.Equal(key.PublicKey, VerifyingKey.Parse(key.PublicKey.ToString()));
        foreach (var text in new[] { "", "x", key.RevealPem(), key.PublicKey.ToString()[4..], "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" })
        {
            Assert.Equal(ArchiveError.InvalidRequest, Assert.Throws<ArchiveException>(() => VerifyingKey.Parse(text)).Error);
        }

        foreach (var text in new[] { "", "x", key.PublicKey.ToPem() })
        {
            Assert.Equal(ArchiveError.InvalidRequest, Assert.Throws<ArchiveException>(() => SigningKey.Parse(text)).Error);
        }
    }

    [ToolsFact("openssl")]
    public async Task OpenSSL_checks_what_this_signs_and_this_what_OpenSSL_signs()
    {
        var message = _folder.Combine("message");
        await File.WriteAllTextAsync(message, "{\"type\":\"tfe-backup index\"}");
        using var key = SigningKey.Create();
        await File.WriteAllTextAsync(_folder.Combine("public.pem"), key.PublicKey.ToPem());
        await File.WriteAllBytesAsync(_folder.Combine("signature"), key.Sign(await File.ReadAllBytesAsync(message)));
        string[] verify = ["pkeyutl", "-verify", "-pubin", "-inkey", _folder.Combine("public.pem"), "-rawin", "-in", message, "-sigfile", _folder.Combine("signature")];
        await Tool.RunAsync("openssl", verify);
        await File.AppendAllTextAsync(message, " ");
        await Tool.RunAsync("openssl", verify, expectedExitCode: 1);

        await Tool.RunAsync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", _folder.Combine("secret.pem")]);
        using var theirs = SigningKey.Parse(await File.ReadAllTextAsync(_folder.Combine("secret.pem")));
        var publicPem = await Tool.RunAsync("openssl", ["pkey", "-in", _folder.Combine("secret.pem"), "-pubout"]);
        Assert.Equal(theirs.PublicKey, VerifyingKey.Parse(publicPem));
        await Tool.RunAsync("openssl", ["pkeyutl", "-sign", "-inkey", _folder.Combine("secret.pem"), "-rawin", "-in", message, "-out", _folder.Combine("theirs")]);
        var signature = await File.ReadAllBytesAsync(_folder.Combine("theirs"));
        var signed = await File.ReadAllBytesAsync(message);
        Assert.True(theirs.PublicKey.Verify(signed, signature));
    }
}

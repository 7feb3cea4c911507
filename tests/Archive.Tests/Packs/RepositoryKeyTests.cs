using TfeBackup.Archive.Age;
using TfeBackup.Archive.Packs;
using TfeBackup.Archive.Tests.Interop;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Archive.Tests.Packs;

public sealed class RepositoryKeyTests : IDisposable
{
    private const string Installation = "prod";
    private const int Cheap = 2;

    private static readonly DateTimeOffset Now = new(2026, 11, 28, 3, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _folder = new();
    private readonly SigningKey _signer = SigningKey.Create();
    private readonly RepositoryKey _key;

    public RepositoryKeyTests() => _key = RepositoryKey.Create(Installation, Now, [_signer.PublicKey]);

    public void Dispose()
    {
        _key.Dispose();
        _signer.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_password_and_every_recovery_recipient_open_the_same_key()
    {
        using var recovery = AgeIdentity.Create();
        using var second = SigningKey.Create();
        using var widened = _key.WithSigners(Now.AddDays(1), [_signer.PublicKey, second.PublicKey]);
        using var byPassword = await RepositoryKey.OpenAsync(await _key.WrapAsync(Samples.Password, Cheap, default), Samples.Password, _key.Name, Installation, default);
        using var byRecovery = await RepositoryKey.OpenAsync(await widened.WrapAsync(recovery.Recipient, default), recovery, _key.Name, Installation, default);

        Assert.Equal(_key.Identity.Reveal(), byPassword.Identity.Reveal());
        Assert.Equal(_key.Identity.Reveal(), byRecovery.Identity.Reveal());
        Assert.Equal([_signer.PublicKey], byPassword.Signers);
        Assert.Equal([_signer.PublicKey, second.PublicKey], byRecovery.Signers);
        Assert.Equal(Now, byPassword.Created);
    }

    [Fact]
    public async Task Another_key_in_the_place_of_one_is_refused_by_name()
    {
        using var recovery = AgeIdentity.Create();
        using var forger = SigningKey.Create();
        using var forged = RepositoryKey.Create(Installation, Now, [forger.PublicKey]);
        using var other = RepositoryKey.Create("test", Now, [_signer.PublicKey]);

        // Whoever can write to the store can encrypt a key of their own to a recovery recipient, and can move what is there.
        await RefusedAsync(await forged.WrapAsync(recovery.Recipient, default), file => RepositoryKey.OpenAsync(file, recovery, _key.Name, Installation, default), _key.Name);
        await RefusedAsync(await other.WrapAsync(Samples.Password, Cheap, default), file => RepositoryKey.OpenAsync(file, Samples.Password, other.Name, Installation, default), "'test'");
    }

    [Fact]
    public async Task A_file_with_another_password_or_without_what_it_must_hold_is_refused()
    {
        var file = await _key.WrapAsync(Samples.Password, Cheap, default);
        var e = await Assert.ThrowsAsync<ArchiveException>(() => RepositoryKey.OpenAsync(file, "another", _key.Name, Installation, default));
        Assert.Equal(ArchiveError.WrongPassword, e.Error);

        var description = $$"""# tfe-backup {"format":2,"installation":"prod","created":"2026-11-28T03:00:00+00:00","signers":["{{_signer.PublicKey}}"]}""";
        var identity = _key.Identity.Reveal();
        using var recovery = AgeIdentity.Create();
        foreach (var text in new[]
        {
            "",
            identity,
            description,
            $"{description}\n{identity}\n{identity}\n",
            $"{description}\nage1notasecret\n",
            $"{description.Replace(_signer.PublicKey.ToString(), "MCow", StringComparison.Ordinal)}\n{identity}\n",
            $"{description.Replace("[\"", "[\"\",\"", StringComparison.Ordinal)}\n{identity}\n",
            $"{description.Replace($"\"{_signer.PublicKey}\"", "", StringComparison.Ordinal)}\n{identity}\n",
            $"{description.Replace("prod", "", StringComparison.Ordinal)}\n{identity}\n",
            $"{description.Replace("{", "", StringComparison.Ordinal)}\n{identity}\n",
        })
        {
            await RefusedAsync(await EncryptAsync(text, recovery.Recipient), content => RepositoryKey.OpenAsync(content, recovery, _key.Name, Installation, default), _key.Name);
        }

        var later = await EncryptAsync($"{description.Replace("\"format\":2", "\"format\":3", StringComparison.Ordinal)}\n{identity}\n", recovery.Recipient);
        e = await Assert.ThrowsAsync<ArchiveException>(() => RepositoryKey.OpenAsync(later, recovery, _key.Name, Installation, default));
        Assert.Equal(ArchiveError.Unsupported, e.Error);

        using var again = await RepositoryKey.OpenAsync(
            await EncryptAsync($"# created by hand\r\n\r\n{description}\r\n{identity}\r\n", recovery.Recipient), recovery, _key.Name, Installation, default);
        Assert.Equal(identity, again.Identity.Reveal());
    }

    [Fact]
    public void A_key_has_signers_each_once()
    {
        Assert.Throws<ArchiveException>(() => RepositoryKey.Create(Installation, Now, []));
        Assert.Throws<ArchiveException>(() => RepositoryKey.Create(Installation, Now, [_signer.PublicKey, _signer.PublicKey]));
    }

    /// <summary>A pack opens with age and the key file alone, as it stands in the store: age asks for its password.</summary>
    [ToolsFact("age", "age-keygen", "script")]
    public async Task Age_opens_what_is_encrypted_to_a_key_by_the_file_of_it()
    {
        var file = _folder.Combine("key.age");
        await File.WriteAllBytesAsync(file, await _key.WrapAsync(Samples.Password, 10, default));
        var secret = _folder.Combine("secret.age");
        await File.WriteAllBytesAsync(secret, await EncryptAsync("hello", AgeIdentity.Create().Recipient, _key.Identity.Recipient));

        await Tool.RunAgeAsync(Samples.Password, $"-d -i {file} -o {_folder.Combine("plain")} {secret}");
        Assert.Equal("hello", await File.ReadAllTextAsync(_folder.Combine("plain")));

        await Tool.RunAgeAsync(Samples.Password, $"-d -o {_folder.Combine("identity")} {file}");
        Assert.Equal(_key.Name, (await Tool.RunAsync("age-keygen", ["-y", _folder.Combine("identity")])).Trim());

        // And what age -p writes of that text is a key file.
        await Tool.RunAgeAsync(Samples.Password, $"-p -o {_folder.Combine("theirs.age")} {_folder.Combine("identity")}");
        using var theirs = await RepositoryKey.OpenAsync(
            await File.ReadAllBytesAsync(_folder.Combine("theirs.age")), Samples.Password, _key.Name, Installation, default);
        Assert.Equal(_key.Identity.Reveal(), theirs.Identity.Reveal());
    }

    [ToolsFact("age", "age-keygen")]
    public async Task What_age_encrypts_to_several_recipients_each_of_them_opens()
    {
        await Tool.RunAsync("age-keygen", ["-o", _folder.Combine("theirs")]);
        var text = (await File.ReadAllLinesAsync(_folder.Combine("theirs"))).Single(line => !line.StartsWith('#'));
        using var theirs = AgeIdentity.Parse(text);
        Assert.Equal(theirs.Recipient.ToString(), (await Tool.RunAsync("age-keygen", ["-y", _folder.Combine("theirs")])).Trim());
        var content = Samples.Random(200_000, 1);
        await File.WriteAllBytesAsync(_folder.Combine("content"), content);

        await Tool.RunAsync(
            "age", ["-r", theirs.Recipient.ToString(), "-r", _key.Name, "-o", _folder.Combine("content.age"), _folder.Combine("content")]);
        foreach (var identity in new[] { theirs, _key.Identity })
        {
            var file = File.OpenRead(_folder.Combine("content.age"));
            await using (file)
            {
                var header = await AgeHeader.ReadAsync(file, default);
                await using var plain = await AgeFile.CreateDecryptingStreamAsync(header, file, AgeIdentity.Unwrap(header, [identity]), default);
                var read = new MemoryStream();
                await plain.CopyToAsync(read);
                Assert.Equal(content, read.ToArray());
            }
        }
    }

    private static async Task RefusedAsync(byte[] file, Func<ReadOnlyMemory<byte>, Task<RepositoryKey>> open, string name)
    {
        var e = await Assert.ThrowsAsync<ArchiveException>(() => open(file));
        Assert.Equal(ArchiveError.Corrupt, e.Error);
        Assert.Contains(name, e.Message);
    }

    private static async Task<byte[]> EncryptAsync(string text, params AgeRecipient[] recipients)
    {
        var file = new MemoryStream();
        var fileKey = AgeFile.CreateFileKey();
        await using var age = await AgeFile.CreateEncryptingStreamAsync(file, [.. recipients.Select(r => r.Wrap(fileKey))], fileKey, default);
        await age.WriteAsync(Samples.Utf8(text));
        await age.CompleteAsync(default);
        return file.ToArray();
    }
}

using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using TfeBackup.Local.Secrets;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Secrets;
using Xunit;

namespace TfeBackup.Local.Tests.Secrets;

[UnsupportedOSPlatform("windows")]
public sealed class FileSecretSourceTests : SecretSourceConformance, IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly SecretReference Password = new("password");

    private readonly TempFolder _folder = new();

    protected override bool KnowsVersions => false;

    private string SecretsFile => _folder.Combine("secrets.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Versions_are_those_the_file_names()
    {
        var source = Write($$"""{ "password": { "current": "2026-11", "versions": { "2026-05": "old", "2026-11": "{{"new"}}" } } }""");

        var current = await source.GetAsync(Password, default);
        var old = await source.GetAsync(Password with { Version = "2026-05" }, default);

        Assert.Equal(("new", "2026-11"), (current.Reveal(), current.Reference.Version));
        Assert.Equal(("old", "2026-05"), (old.Reveal(), old.Reference.Version));
        await AssertThrowsAsync(OperationError.NotFound, source, Password with { Version = "2020" }, "2020");
    }

    [Fact]
    public async Task A_changed_file_counts_at_once()
    {
        var source = Write("""{ "password": "one" }""");
        Assert.Equal("one", (await source.GetAsync(Password, default)).Reveal());

        Write("""{ "password": "two" }""");

        Assert.Equal("two", (await source.GetAsync(Password, default)).Reveal());
    }

    [Theory]
    [InlineData("0640")]
    [InlineData("0604")]
    [InlineData("0620")]
    [InlineData("0666")]
    public async Task A_file_others_can_read_is_refused_with_a_remedy(string mode)
    {
        var source = Write($$"""{ "password": "{{"planted-9Xw2"}}" }""", (UnixFileMode)Convert.ToInt32(mode, 8));

        await AssertThrowsAsync(OperationError.InvalidConfiguration, source, Password, mode);
        await AssertThrowsAsync(OperationError.InvalidConfiguration, source, Password, "chmod 600");
    }

    [Fact]
    public async Task A_file_that_its_owner_alone_may_read_is_accepted_without_write_permission_too()
    {
        var source = Write("""{ "password": "one" }""", UnixFileMode.UserRead);

        Assert.Equal("one", (await source.GetAsync(Password, default)).Reveal());
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task A_file_of_another_user_is_refused()
    {
        // Only root can give a file away; any other user finds root's private files unreadable instead.
        var source = Write("""{ "password": "one" }""");
        if (Environment.IsPrivilegedProcess)
        {
            using var chown = Process.Start("chown", ["12345", SecretsFile]);
            await chown.WaitForExitAsync();
            await AssertThrowsAsync(OperationError.InvalidConfiguration, source, Password, "12345");
        }
        else
        {
            await AssertThrowsAsync(OperationError.Refused, new FileSecretSource("/etc/shadow"), Password, "/etc/shadow");
        }
    }

    [Fact]
    public async Task A_file_that_is_missing_is_named_with_how_to_create_it() =>
        await AssertThrowsAsync(OperationError.InvalidConfiguration, new FileSecretSource(SecretsFile), Password, $"install -m 600 /dev/null '{SecretsFile}'");

    [Theory]
    [InlineData("")]
    [InlineData("planted-9Xw2")]
    [InlineData("{ \"password\": planted-9Xw2 }")]
    [InlineData("[\"planted-9Xw2\"]")]
    [InlineData("{ \"password\": 1 }")]
    [InlineData("{ \"password\": { \"current\": \"1\" } }")]
    [InlineData("{ \"password\": { \"current\": \"1\", \"versions\": { \"1\": {} } } }")]
    [InlineData("{ \"password\": \"planted-9Xw2\", \"password\": \"x\" }")]
    public async Task A_file_that_is_not_understood_is_refused_without_being_quoted(string content) =>
        await AssertThrowsAsync(OperationError.InvalidConfiguration, Write(content), Password, SecretsFile);

    protected override Task<ISecretSource> CreateAsync(IReadOnlyDictionary<string, string> secrets) =>
        Task.FromResult<ISecretSource>(Write(JsonSerializer.Serialize(secrets)));

    private FileSecretSource Write(string content, UnixFileMode mode = OwnerOnly)
    {
        File.WriteAllText(SecretsFile, content);
        File.SetUnixFileMode(SecretsFile, mode);
        return new FileSecretSource(SecretsFile);
    }
}

using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

public sealed class ConfigurationTests : IDisposable
{
    private const string Valid = """
        {
          // Comments are allowed.
          "Installations": {
            "old": { "Endpoint": "https://old.example", "TokenSecret": "old-token", "PasswordSecret": "old-password" }
          },
          "Store": { "Kind": "Directory", "Path": "store" },
          "Secrets": { "Kind": "Environment" },
          "State": { "Path": "state/journal" }
        }
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_valid_document_in_the_working_folder_is_found()
    {
        Write("tfe-backup.json", Valid);
        Directory.CreateDirectory(_folder.Combine("store"));

        (await CliProcess.RunAsync(_folder, ["list"])).ShouldEndWith(0);
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        var result = (await CliProcess.RunAsync(_folder, ["list"])).ShouldEndWith(2);

        Assert.Contains("tfe-backup.json: file not found", result.Error, StringComparison.Ordinal);
        Assert.Contains("--config", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_is_not_JSON_is_named_with_its_line()
    {
        Write("other.json", "{\n  \"Store\": {\n    \"Kind\" \"Directory\"\n  }\n}");

        var result = (await CliProcess.RunAsync(_folder, ["list", "--config", "other.json"])).ShouldEndWith(2);

        Assert.Contains("other.json: line 3: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_given_twice_is_refused()
    {
        Write("tfe-backup.json", """{ "Store": { "Kind": "Directory", "Path": "a", "Path": "b" } }""");

        var result = (await CliProcess.RunAsync(_folder, ["list"])).ShouldEndWith(2);

        Assert.Contains("Store:Path", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Installations:old:KeepLst", "3", "Installations:old:KeepLst is not a setting;")]
    [InlineData("Installations:old:Schedule", "every night", "Installations:old:Schedule: found 'every night'; expected")]
    [InlineData("Installations:old:Endpoint", "nonsense", "Installations:old:Endpoint: expected https://host[:port]")]
    [InlineData("Installations:old:SkipObjectStorage", "perhaps", "Installations:old:SkipObjectStorage: found 'perhaps'; expected true or false")]
    [InlineData("Store:Kind", "Tape", "Store:Kind: found 'Tape'; expected Directory or AzureBlob")]
    [InlineData("Stroe:Kind", "Directory", "Stroe is not a setting; did you mean 'Store'?")]
    public async Task A_wrong_setting_is_named_with_file_key_and_what_was_expected(string key, string value, string message)
    {
        var document = JsonNode.Parse(Valid, documentOptions: new() { CommentHandling = System.Text.Json.JsonCommentHandling.Skip })!;
        var node = document.AsObject();
        var parts = key.Split(':');
        foreach (var part in parts[..^1])
        {
            node[part] ??= new JsonObject();
            node = node[part]!.AsObject();
        }

        node[parts[^1]] = value;
        Write("tfe-backup.json", document.ToJsonString());

        var result = (await CliProcess.RunAsync(_folder, ["list"])).ShouldEndWith(2);

        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.StartsWith("tfe-backup: tfe-backup.json: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_overrides_the_file_and_is_named_when_it_is_wrong()
    {
        Write("tfe-backup.json", Valid);
        Directory.CreateDirectory(_folder.Combine("elsewhere"));

        (await CliProcess.RunAsync(_folder, ["list"], Environment("TFEBACKUP__Store__Path", "elsewhere"))).ShouldEndWith(0);
        var wrong = (await CliProcess.RunAsync(_folder, ["list"], Environment("TFEBACKUP__Store__Kind", "Tape"))).ShouldEndWith(2);

        Assert.Contains("TFEBACKUP__Store__Kind: Store:Kind: found 'Tape'; expected Directory or AzureBlob", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_are_JSON_where_that_is_asked_for()
    {
        var result = (await CliProcess.RunAsync(_folder, ["list", "--json"])).ShouldEndWith(2);

        var error = JsonNode.Parse(result.Error)!;
        Assert.Equal("InvalidConfiguration", (string?)error["error"]);
        Assert.Contains("tfe-backup.json", (string?)error["message"], StringComparison.Ordinal);
        Assert.Empty(result.Out);
    }

    [Fact]
    public async Task A_journal_of_an_earlier_version_is_refused_by_name_and_left_as_it_is()
    {
        Write("tfe-backup.json", Valid);
        Directory.CreateDirectory(_folder.Combine("state"));
        var journal = EmptySqliteFile(applicationId: 0x74666562);
        await File.WriteAllBytesAsync(_folder.Combine("state", "journal"), journal);

        var refused = (await CliProcess.RunAsync(_folder, ["operations"])).ShouldEndWith(2);

        Assert.Contains(_folder.Combine("state", "journal"), refused.Error, StringComparison.Ordinal);
        Assert.Contains("let that version finish its operations, then move the file away", refused.Error, StringComparison.Ordinal);
        Assert.Equal(journal, await File.ReadAllBytesAsync(_folder.Combine("state", "journal")));
    }

    // One page: SQLite's header with an application id, and a schema without tables.
    private static byte[] EmptySqliteFile(int applicationId)
    {
        var page = new byte[4096];
        Encoding.ASCII.GetBytes("SQLite format 3\0").CopyTo(page, 0);
        byte[] rest = [0x10, 0x00, 1, 1, 0, 64, 32, 32];
        rest.CopyTo(page, 16);
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(24), 1);
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(28), 1);
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(44), 4);
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(56), 1);
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(60), 1);
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(68), applicationId);
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(92), 1);
        page[100] = 0x0D;
        page[105] = 0x10;
        return page;
    }

    private static Dictionary<string, string?> Environment(string name, string value) => new() { [name] = value };

    private void Write(string name, string text) => File.WriteAllText(_folder.Combine(name), text);
}

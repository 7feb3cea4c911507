using System.Net;
using System.Text;
using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests;

/// <summary>The JSON that comes with a request, as editors, shells and mistakes make it.</summary>
public sealed class RequestDocumentTests(SmallInstallation small) : IClassFixture<SmallInstallation>
{
    private const string Good = """{ "password": "befit-brakeman-footstep-unclasp" }""";

    public static TheoryData<string> Accepted => ["utf-8 with a byte order mark", "CRLF at its end", "utf-16 of Windows", "utf-16, big endian"];

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task What_Windows_tools_write_is_understood(string how)
    {
        var document = how switch
        {
            "utf-8 with a byte order mark" => [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Good)],
            "CRLF at its end" => Encoding.UTF8.GetBytes(Good + "\r\n"),
            "utf-16 of Windows" => [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Good + "\r\n")],
            _ => [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes(Good)],
        };

        using var answer = await small.Service.BackupAsync(new ByteArrayContent(document));

        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{ "password": "\ud800hush-hush" }""", "not valid Unicode")]
    [InlineData("""{ "password": "hush-hush", "\udc00": 1 }""", "not valid Unicode")]
    [InlineData("""{ "password": "hush-hush", "skip_objects": true }""", "There is no member 'skip_objects' in the request's body. It has \"password\", \"skip_object_storage\".")]
    [InlineData("""{ "password": "hush-hush", "overwrite": true }""", "There is no member 'overwrite'")]
    [InlineData("""{ "password": "hush-hush", "hush hush\u001b[2J": true }""", "There is no member (name not shown)")]
    [InlineData("""{ "password": "hush-hush", "skip_object_storage": "true" }""", "\"skip_object_storage\" in the request's body is a string. Expected true or false.")]
    [InlineData("""{ "password": "hush-hush", "password": "hush-hush" }""", "has a duplicate member")]
    [InlineData("""{ "Password": "hush-hush" }""", "no \"password\"")]
    [InlineData("""{ "password": "hush-hush" """, "not JSON")]
    public async Task What_is_wrong_is_refused_by_name_and_never_quoted(string document, string reason)
    {
        using var answer = await small.Service.BackupAsync(document);

        await RequireAsync(answer, reason);
    }

    [Fact]
    public async Task Another_encoding_is_refused_with_what_to_do()
    {
        using var latin = await small.Service.BackupAsync(new ByteArrayContent(Encoding.Latin1.GetBytes("""{ "password": "hush-hush-é" }""")));
        await RequireAsync(latin, "Save the file as UTF-8");

        // 'curl --data @file' takes NUL bytes out of what it sends.
        byte[] stripped = [.. Encoding.Unicode.Preamble, .. Encoding.ASCII.GetBytes("""{"password":"hush-hush"}""")];
        using var curl = await small.Service.BackupAsync(new ByteArrayContent(stripped));
        await RequireAsync(curl, "--data-binary");
    }

    [Fact]
    public async Task A_restores_config_is_read_the_same_way()
    {
        using var unknown = await small.Service.RestoreAsync(BackupService.Form("""{ "password": "hush-hush", "overwite": true }""", [1]));
        await RequireAsync(unknown, "There is no member 'overwite' in the field 'config'. It has \"password\", \"overwrite\"");

        using var half = await small.Service.RestoreAsync(BackupService.Form("""{ "password": "hush-hush\udfff" }""", [1]));
        await RequireAsync(half, "not valid Unicode");
    }

    [Fact]
    public async Task A_field_with_an_odd_name_is_not_quoted()
    {
        using var form = new MultipartFormDataContent { { new StringContent("x"), "\"hush-hush \u001b[2J\"", "file" } };

        using var answer = await small.Service.RestoreAsync(form);

        await RequireAsync(answer, "The form field (name not shown) is unknown");
    }

    private async Task RequireAsync(HttpResponseMessage answer, string reason)
    {
        await BackupService.RequireAsync(answer, HttpStatusCode.BadRequest, reason);
        var problem = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("hush-hush", problem, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\b(TfeBackup|System|Microsoft)\.[A-Z]", problem);
        Assert.DoesNotContain("hush-hush", small.Service.Process.ReadLog(), StringComparison.Ordinal);
    }
}

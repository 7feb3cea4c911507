using System.Text.Json;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations.Tests;

public sealed class ApiInstallationBackupTests
{
    private const string Chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Fact]
    public async Task A_backup_arrives_as_the_vendors_service_sends_it()
    {
        var body = "";
        await using var server = new RawServer(async (connection, stop) =>
        {
            body = await ReadBodyAsync(connection, stop);
            await connection.SendAsync(Chunked + "5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n", stop);
        });

        Assert.Equal("hello, world", await BackupAsync(server));

        var request = Assert.Single(server.Requests);
        Assert.StartsWith("POST /_backup/api/v1/backup HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.Contains($"Authorization: Bearer {ApiInstallationFixture.Token}\r\n", request, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", request, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(body);
        var password = Assert.Single(json.RootElement.EnumerateObject());
        Assert.Equal(("password", ApiInstallationFixture.Password), (password.Name, password.Value.GetString()));
    }

    [Fact]
    public async Task Objects_can_be_left_out()
    {
        var body = "";
        await using var server = new RawServer(async (connection, stop) =>
        {
            body = await ReadBodyAsync(connection, stop);
            await connection.SendAsync(Chunked + "1\r\nx\r\n0\r\n\r\n", stop);
        });
        await using var stream = await ApiInstallationFixture.Create(server.Address)
            .BackupAsync(ApiInstallationFixture.Password, skipObjectStorage: true, default);

        Assert.True(JsonDocument.Parse(body).RootElement.GetProperty("skip_object_storage").GetBoolean());
    }

    [Fact]
    public async Task An_announced_length_is_as_good_as_chunks()
    {
        await using var server = Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");

        Assert.Equal("hello", await BackupAsync(server));
    }

    [Theory]
    [InlineData(Chunked + "5\r\nhello\r\n")]
    [InlineData(Chunked + "5\r\nhel")]
    [InlineData(Chunked + "5\r\nhello\r\n0\r\n")]
    [InlineData(Chunked)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")]
    public async Task A_stream_that_ends_early_is_incomplete_whatever_its_status_said(string answer)
    {
        await using var server = Answering(answer);

        var exception = await Assert.ThrowsAsync<OperationException>(() => BackupAsync(server));

        Assert.Equal(OperationError.Incomplete, exception.Error);
        Assert.Contains("bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_is_reset_is_incomplete()
    {
        await using var server = new RawServer(async (connection, stop) =>
        {
            await ReadBodyAsync(connection, stop);
            await connection.SendAsync(Chunked + "5\r\nhello\r\n", stop);
            connection.Reset();
        });

        Assert.Equal(OperationError.Incomplete, (await Assert.ThrowsAsync<OperationException>(() => BackupAsync(server))).Error);
    }

    [Fact]
    public async Task A_stream_that_stalls_is_incomplete()
    {
        await using var server = new RawServer(async (connection, stop) =>
        {
            await ReadBodyAsync(connection, stop);
            await connection.SendAsync(Chunked + "5\r\nhello\r\n", stop);
            await Task.Delay(Timeout.Infinite, stop);
        });

        var exception = await Assert.ThrowsAsync<OperationException>(() => BackupAsync(server));

        Assert.Equal(OperationError.Incomplete, exception.Error);
        Assert.Contains("stalled: no data for 5 s after 5 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_never_answers_is_unavailable()
    {
        await using var server = new RawServer((_, stop) => Task.Delay(Timeout.Infinite, stop));

        Assert.Equal(OperationError.Unavailable, (await Assert.ThrowsAsync<OperationException>(() => BackupAsync(server))).Error);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello", OperationError.Unsupported, "neither a length nor chunks")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", OperationError.Unsupported, "web page")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", OperationError.Unsupported, "gzip")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", OperationError.Incomplete, "empty")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", OperationError.Refused, "400")]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", OperationError.Refused, "TokenSecret")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", OperationError.Unsupported, "Endpoint")]
    [InlineData("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n", OperationError.Busy, "Another")]
    [InlineData("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", OperationError.Unavailable, "its log")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", OperationError.Unavailable, "not running")]
    [InlineData("HTTP/1.1 308 Permanent Redirect\r\nLocation: https://elsewhere.example/x?session=1\r\nContent-Length: 0\r\n\r\n", OperationError.InvalidConfiguration, "https://elsewhere.example;")]
    [InlineData("HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\ndisk full", OperationError.Unavailable, "The service says: disk full")]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\ncut", OperationError.Unavailable, "500")]
    public async Task A_response_that_is_no_backup_names_a_remedy(string answer, OperationError expected, string words)
    {
        await using var server = Answering(answer);

        var exception = await Assert.ThrowsAsync<OperationException>(() => BackupAsync(server));

        Assert.Equal(expected, exception.Error);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        Assert.Contains("production", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problem_details_give_kind_and_reason_and_never_a_secret()
    {
        var problem = $$"""{"type":"urn:tfe-backup:unavailable","title":"Unavailable","detail":"Vault is sealed; {{ApiInstallationFixture.Password}} {{ApiInstallationFixture.Token}}"}""";
        await using var server = Answering(
            $"HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: {problem.Length}\r\n\r\n{problem}");

        var exception = await Assert.ThrowsAsync<OperationException>(() => BackupAsync(server));

        Assert.Equal(OperationError.Unavailable, exception.Error);
        Assert.Contains("Vault is sealed; *** ***", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_connection_is_unavailable()
    {
        var address = await GoneAsync();

        var exception = await Assert.ThrowsAsync<OperationException>(
            () => ApiInstallationFixture.Create(address).BackupAsync(ApiInstallationFixture.Password, false, default));

        Assert.Equal(OperationError.Unavailable, exception.Error);
        Assert.Contains(address.Authority, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4Zk9\nQmVw")]
    [InlineData("4Zk9 QmVw")]
    [InlineData("4Zk9é")]
    public async Task A_token_that_no_header_can_carry_is_not_quoted(string token)
    {
        var installation = ApiInstallationFixture.Create(new Uri("http://127.0.0.1:9"), token: token);

        var exception = await Assert.ThrowsAsync<OperationException>(() => installation.BackupAsync("password", false, default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.Contains("production-token", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("4Zk9", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_is_given_up_closes_the_connection_at_once()
    {
        var closed = new TaskCompletionSource();
        await using var server = new RawServer(async (connection, stop) =>
        {
            await ReadBodyAsync(connection, stop);
            await connection.SendAsync(Chunked + "5\r\nhello\r\n", stop);
            await connection.ReadOnAsync(long.MaxValue, stop);
            closed.SetResult();
        });
        var stream = await ApiInstallationFixture.Create(server.Address).BackupAsync(ApiInstallationFixture.Password, false, default);

        await stream.DisposeAsync();

        await closed.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_large_backup_is_passed_on_as_it_comes()
    {
        const int Size = 1 << 20;
        await using var server = new RawServer(async (connection, stop) =>
        {
            await ReadBodyAsync(connection, stop);
            await connection.SendAsync(Chunked, stop);
            for (var i = 0; i < 64; i++)
            {
                await connection.SendAsync($"{Size:x}\r\n{new string('x', Size)}\r\n", stop);
            }

            await connection.SendAsync("0\r\n\r\n", stop);
        });
        await using var stream = await ApiInstallationFixture.Create(server.Address).BackupAsync(ApiInstallationFixture.Password, false, default);

        long total = 0;
        for (int count; (count = await stream.ReadAsync(new byte[100_000])) > 0;)
        {
            total += count;
        }

        Assert.Equal(64L * Size, total);
    }

    private static RawServer Answering(string answer) => new(async (connection, stop) =>
    {
        await ReadBodyAsync(connection, stop);
        await connection.SendAsync(answer, stop);
    });

    private static async Task<string> ReadBodyAsync(RawConnection connection, CancellationToken stop) =>
        await connection.ReadTextAsync(connection.ContentLength, stop);

    private static async Task<string> BackupAsync(RawServer server)
    {
        await using var stream = await ApiInstallationFixture.Create(server.Address, ApiInstallationFixture.Impatient)
            .BackupAsync(ApiInstallationFixture.Password, skipObjectStorage: false, default);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private static async Task<Uri> GoneAsync()
    {
        await using var server = new RawServer((_, _) => Task.CompletedTask);
        return server.Address;
    }
}

using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using TfeBackup.Archive.Buffers;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.BackupStores;

namespace TfeBackup.Installations.Tests;

public sealed class ApiInstallationRestoreTests
{
    private const string Continue = "HTTP/1.1 100 Continue\r\n\r\n";
    private const string Done = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private const string FormEnd = "--\r\n";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_service_receives_config_and_then_the_snapshot_of_known_and_of_unknown_length(bool knownLength)
    {
        const int Length = 5_000_000;
        var parts = new List<(string? Name, string? FileName, string? Type, byte[] Hash, string Text)>();
        IHeaderDictionary headers = new HeaderDictionary();
        await using var server = await HttpServer.StartAsync(async context =>
        {
            foreach (var header in context.Request.Headers)
            {
                headers[header.Key] = header.Value;
            }

            var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(context.Request.ContentType).Boundary).Value!;
            var reader = new MultipartReader(boundary, context.Request.Body);
            while (await reader.ReadNextSectionAsync(context.RequestAborted) is { } section)
            {
                using var content = new MemoryStream();
                await section.Body.CopyToAsync(content, context.RequestAborted);
                var disposition = section.GetContentDispositionHeader()!;
                var bytes = content.ToArray();
                parts.Add((disposition.Name.Value, disposition.FileName.Value, section.ContentType, SHA256.HashData(bytes), System.Text.Encoding.UTF8.GetString(bytes[..Math.Min(200, bytes.Length)])));
            }
        });
        Stream snapshot = knownLength ? new MemoryStream(TestStream.Content(Length)) : new TestStream(Length);

        await ApiInstallationFixture.Create(server.Address).RestoreAsync(snapshot, ApiInstallationFixture.Password, new RestoreOptions("restore-1") { Overwrite = true, NotValid = ["public.a.b"] }, default);

        Assert.Equal(["config", "snapshot"], parts.Select(part => part.Name));
        Assert.Equal(["application/json", "application/octet-stream"], parts.Select(part => part.Type));
        Assert.Equal(SHA256.HashData(TestStream.Content(Length)), parts[1].Hash);
        using var config = JsonDocument.Parse(parts[0].Text);
        Assert.Equal(ApiInstallationFixture.Password, config.RootElement.GetProperty("password").GetString());
        Assert.True(config.RootElement.GetProperty("overwrite").GetBoolean());
        Assert.Equal("public.a.b", Assert.Single(config.RootElement.GetProperty("not_valid").EnumerateArray()).GetString());
        Assert.Equal("100-continue", headers.Expect);
        Assert.Equal($"Bearer {ApiInstallationFixture.Token}", headers.Authorization);
        Assert.Equal(knownLength, headers.ContentLength is not null);
    }

    [Theory]
    [InlineData(Done)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\nsnapshot applied successfully\r\n0\r\n\r\n")]
    public async Task Both_ways_of_saying_that_it_was_applied_are_understood(string answer)
    {
        await using var server = Applying(answer);

        await RestoreAsync(server, new TestStream(100_000));
    }

    [Theory]
    [InlineData("Operation-Id: restore-1\r\n", true)]
    [InlineData("Operation-Id: restore-2\r\n", false)]
    [InlineData("", false)]
    public async Task A_success_before_everything_was_sent_is_one_only_where_it_names_this_restore(string header, bool isDone)
    {
        await using var server = new RawServer((connection, stop) =>
            connection.SendAsync($"HTTP/1.1 200 OK\r\n{header}Connection: close\r\nContent-Length: 0\r\n\r\n", stop));
        var snapshot = new TestStream(10_000_000);

        var failure = await Record.ExceptionAsync(() => RestoreAsync(server, snapshot));

        Assert.Equal(isDone ? null : OperationError.Unsupported, (failure as OperationException)?.Error);
        Assert.Equal(isDone, failure is null);
        Assert.Equal(0, snapshot.BytesRead);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refusal_before_the_body_is_seen_and_the_snapshot_is_not_read(bool knownLength)
    {
        await using var server = new RawServer((connection, stop) =>
            connection.SendAsync("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", stop));
        using Stream snapshot = knownLength ? new MemoryStream(new byte[10_000_000]) : new TestStream(10_000_000);

        var exception = await Assert.ThrowsAsync<OperationException>(() => RestoreAsync(server, snapshot));

        Assert.Equal(OperationError.Refused, exception.Error);
        Assert.Equal(0, snapshot is TestStream test ? test.BytesRead : snapshot.Position);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_refusal_at_the_first_bytes_is_seen_although_the_service_stops_reading(bool knownLength, bool resets)
    {
        const string Problem = """{"type":"urn:tfe-backup:wrong-password","detail":"The password does not open this backup."}""";
        await using var server = new RawServer(async (connection, stop) =>
        {
            await connection.SendAsync(Continue, stop);
            await connection.ReadOnAsync(100_000, stop);
            await connection.SendAsync(
                $"HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nConnection: close\r\nContent-Length: {Problem.Length}\r\n\r\n{Problem}", stop);
            if (resets)
            {
                // What came is left unread: the kernel resets the connection.
                return;
            }

            await Task.Delay(Timeout.Infinite, stop);
        });
        const long Length = 300L << 20;
        using Stream snapshot = knownLength ? new SeekableTestStream(Length) : new TestStream(Length);

        var exception = await Assert.ThrowsAsync<OperationException>(() => RestoreAsync(server, snapshot));

        Assert.True(exception.Error == OperationError.WrongPassword, exception.ToString());
        Assert.Contains("The password does not open this backup.", exception.Message, StringComparison.Ordinal);
        Assert.InRange(snapshot is TestStream test ? test.BytesRead : snapshot.Position, 1, 100 << 20);
    }

    [Fact]
    public async Task A_source_that_fails_breaks_the_request_off_and_is_passed_on()
    {
        var ended = new TaskCompletionSource<bool>();
        await using var server = await HttpServer.StartAsync(async context =>
        {
            try
            {
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                ended.SetResult(true);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                ended.SetResult(false);
            }
        });
        var failure = new IOException("the store broke");

        Assert.Same(failure, await Assert.ThrowsAsync<IOException>(() => RestoreAsync(server.Address, new TestStream(1_000_000, 1, failure))));

        Assert.False(await ended.Task.WaitAsync(TimeSpan.FromSeconds(20)), "The service saw a clean end of a body that was cut.");
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_means_that_nothing_was_applied()
    {
        await using var server = new RawServer(async (connection, stop) =>
        {
            await connection.SendAsync(Continue, stop);
            await connection.ReadOnAsync(100_000, stop);
            connection.Reset();
        });

        var exception = await Assert.ThrowsAsync<OperationException>(() => RestoreAsync(server, new TestStream(1L << 30)));

        Assert.Equal(OperationError.Unavailable, exception.Error);
        Assert.Contains("Nothing was applied", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_stops_taking_means_that_nothing_was_applied()
    {
        await using var server = new RawServer(async (connection, stop) =>
        {
            await connection.SendAsync(Continue, stop);
            await Task.Delay(Timeout.Infinite, stop);
        });

        var exception = await Assert.ThrowsAsync<OperationException>(() => RestoreAsync(server, new TestStream(1L << 30)));

        Assert.Equal(OperationError.Unavailable, exception.Error);
        Assert.Contains("stalled", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n")]
    public async Task No_answer_of_the_service_after_everything_was_sent_leaves_the_outcome_open(string answer)
    {
        await using var server = Applying(answer);

        var exception = await Assert.ThrowsAsync<OperationException>(() => RestoreAsync(server, new TestStream(100_000)));

        Assert.Equal(OperationError.Indeterminate, exception.Error);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_answer_that_never_comes_leaves_the_outcome_open()
    {
        await using var server = new RawServer(async (connection, stop) =>
        {
            await connection.SendAsync(Continue, stop);
            await connection.ReadUntilAsync(FormEnd + "\r\n0\r\n\r\n", stop);
            await Task.Delay(Timeout.Infinite, stop);
        });

        var exception = await Assert.ThrowsAsync<OperationException>(() => RestoreAsync(server, new TestStream(100_000)));

        Assert.Equal(OperationError.Indeterminate, exception.Error);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", OperationError.Refused)]
    [InlineData("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n", OperationError.Busy)]
    [InlineData("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", OperationError.Unavailable)]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: 26\r\n\r\n{\"error\":\"TargetNotEmpty\"}", OperationError.TargetNotEmpty)]
    public async Task A_failure_after_everything_was_sent_is_the_services_word(string answer, OperationError expected)
    {
        await using var server = Applying(answer);

        Assert.Equal(expected, (await Assert.ThrowsAsync<OperationException>(() => RestoreAsync(server, new TestStream(1_000)))).Error);
    }

    [Fact]
    public async Task A_service_that_does_not_know_Expect_gets_the_body_all_the_same()
    {
        await using var server = new RawServer(async (connection, stop) =>
        {
            await connection.ReadUntilAsync(FormEnd + "\r\n0\r\n\r\n", stop);
            await connection.SendAsync(Done, stop);
        });

        await RestoreAsync(server, new TestStream(100_000));
    }

    private static RawServer Applying(string answer) => new(async (connection, stop) =>
    {
        await connection.SendAsync(Continue, stop);
        await connection.ReadUntilAsync(FormEnd + "\r\n0\r\n\r\n", stop);
        await connection.SendAsync(answer, stop);
    });

    private static Task RestoreAsync(RawServer server, Stream snapshot) => RestoreAsync(server.Address, snapshot);

    private static Task RestoreAsync(Uri address, Stream snapshot) => ApiInstallationFixture
        .Create(address, ApiInstallationFixture.Impatient)
        .RestoreAsync(snapshot, ApiInstallationFixture.Password, new RestoreOptions("restore-1"), default);

    /// <summary>Zeros of a known length.</summary>
    private sealed class SeekableTestStream(long length) : ReadStream
    {
        public override bool CanSeek => true;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            var read = (int)Math.Min(buffer.Length, length - Position);
            buffer[..read].Clear();
            Position += read;
            return read;
        }
    }
}

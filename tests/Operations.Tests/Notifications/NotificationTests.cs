using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;
using TfeBackup.Operations.Tests.Operations;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Operations.Tests.Notifications;

public sealed class NotificationTests
{
    private const string Key = "whsec_bm90LWEtc2VjcmV0LWJ1dC1sb25nLWVub3VnaC0x";

    [Fact]
    public async Task A_published_backup_is_notified_in_a_signed_document()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var harness = await StartAsync(receiver, NotificationKind.Webhook, NotificationTrigger.Completed);
        var record = await harness.TakeBackupAsync();

        var sent = Assert.Single(receiver.Requests);
        var timestamp = sent.Headers["webhook-timestamp"];
        Assert.Equal($"{record.OperationId}.hook", sent.Headers["webhook-id"]);
        Assert.Equal(harness.Time.GetUtcNow().ToUnixTimeSeconds(), long.Parse(timestamp, CultureInfo.InvariantCulture), 600.0);
        var expected = HMACSHA256.HashData(
            Convert.FromBase64String(Key["whsec_".Length..]), Encoding.UTF8.GetBytes($"{sent.Headers["webhook-id"]}.{timestamp}.{sent.Body}"));
        Assert.Equal($"v1,{Convert.ToBase64String(expected)}", sent.Headers["webhook-signature"]);

        using var document = JsonDocument.Parse(sent.Body);
        Assert.Equal("operation.completed", document.RootElement.GetProperty("type").GetString());
        var data = document.RootElement.GetProperty("data");
        Assert.Equal("Backup", data.GetProperty("kind").GetString());
        Assert.Equal("old", data.GetProperty("installation").GetString());
        Assert.Equal(record.Key.ToString(), data.GetProperty("backup").GetString());
        Assert.Equal(record.Size, data.GetProperty("size").GetInt64());
        Assert.DoesNotContain(OperationHarness.Password, sent.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(OperationHarness.Token, sent.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_is_notified_with_its_reason_and_only_to_its_subscribers()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var harness = await StartAsync(receiver, NotificationKind.Webhook, NotificationTrigger.Failed);
        await harness.TakeBackupAsync();
        Assert.Empty(receiver.Requests);
        harness.Old.Backup = (_, _, _) => throw new OperationException(OperationError.Refused, "the token is wrong");
        await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        using var document = JsonDocument.Parse(Assert.Single(receiver.Requests).Body);
        Assert.Equal("operation.failed", document.RootElement.GetProperty("type").GetString());
        Assert.Equal("Refused", document.RootElement.GetProperty("data").GetProperty("error").GetString());
        Assert.Equal("the token is wrong", document.RootElement.GetProperty("data").GetProperty("failure").GetString());
    }

    [Fact]
    public async Task Teams_gets_a_card_in_which_foreign_text_stays_text()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var harness = await StartAsync(receiver, NotificationKind.Teams, NotificationTrigger.Failed);
        const string Reason = "said \"[click](https://evil.example)\" & <b>more</b>";
        harness.Old.Backup = (_, _, _) => throw new OperationException(OperationError.Refused, Reason);
        await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        using var document = JsonDocument.Parse(Assert.Single(receiver.Requests).Body);
        var attachment = document.RootElement.GetProperty("attachments")[0];
        Assert.Equal("message", document.RootElement.GetProperty("type").GetString());
        Assert.Equal("application/vnd.microsoft.card.adaptive", attachment.GetProperty("contentType").GetString());
        var body = attachment.GetProperty("content").GetProperty("body").EnumerateArray().ToList();
        Assert.Equal("Backup of old failed", body[0].GetProperty("inlines")[0].GetProperty("text").GetString());
        Assert.Equal("Attention", body[0].GetProperty("inlines")[0].GetProperty("color").GetString());
        var said = body.Single(element => element.GetProperty("type").GetString() == "RichTextBlock"
            && element.GetProperty("inlines")[0].GetProperty("text").GetString() == $"Refused: {Reason}");
        Assert.Equal("TextRun", said.GetProperty("inlines")[0].GetProperty("type").GetString());
        Assert.False(receiver.Requests.Single().Headers.ContainsKey("webhook-signature"));
    }

    [Fact]
    public async Task A_notification_is_retried_under_the_same_id()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var harness = await StartAsync(receiver, NotificationKind.Webhook, NotificationTrigger.Completed);
        receiver.Answers.Enqueue(503);
        await harness.TakeBackupAsync();

        Assert.Equal(2, receiver.Requests.Count);
        Assert.Single(receiver.Requests.Select(request => request.Headers["webhook-id"]).Distinct());
    }

    [Theory]
    [InlineData(400, "answered 400")]
    [InlineData(302, "answered 302")]
    public async Task A_failed_notification_fails_no_operation(int status, string reason)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var harness = await StartAsync(receiver, NotificationKind.Webhook, NotificationTrigger.Completed);
        receiver.Answers.Enqueue(status);
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationState.Completed, instance.State);
        var warning = Assert.Single(instance.Status!.Warnings);
        Assert.Contains(reason, warning, StringComparison.Ordinal);
        Assert.Single(receiver.Requests);
        Assert.Equal("hook", Assert.Single(harness.Events.Of("NotificationFailed")).Fields["Channel"]);
        await NothingTellsTheAddressAsync(harness, receiver, instance);
    }

    [Fact]
    public async Task An_unreachable_receiver_is_a_warning_that_hides_the_address()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var harness = await StartAsync(receiver, NotificationKind.Webhook, NotificationTrigger.Completed);
        await receiver.DisposeAsync();
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationState.Completed, instance.State);
        Assert.Contains("cannot be reached", Assert.Single(instance.Status!.Warnings), StringComparison.Ordinal);
        await NothingTellsTheAddressAsync(harness, receiver, instance);
    }

    [Theory]
    [InlineData("hook-address", "ftp://somewhere.example/x-very-secret", "the secret hook-address")]
    [InlineData("hook-address", "http://somewhere.example/x-very-secret", "the secret hook-address")]
    [InlineData("hook-key", "x-very-secret", "not a signing key")]
    [InlineData("hook-key", "whsec_!x-very-secret", "not a signing key")]
    public async Task An_invalid_secret_is_named_but_not_shown(string secret, string value, string reason)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var harness = await StartAsync(receiver, NotificationKind.Webhook, NotificationTrigger.Completed);
        harness.Secrets.Set(secret, "v1", value);
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        var warning = Assert.Single(instance.Status!.Warnings);
        Assert.Contains(reason, warning, StringComparison.Ordinal);
        Assert.DoesNotContain("x-very-secret", warning, StringComparison.Ordinal);
        Assert.Empty(receiver.Requests);
    }

    private static async Task<OperationHarness> StartAsync(Receiver receiver, NotificationKind kind, params NotificationTrigger[] on)
    {
        var harness = await OperationHarness.StartAsync(new SqliteEngine(),
        [
            new NotificationDefinition(
                "hook", kind, new SecretReference("hook-address"), kind == NotificationKind.Webhook ? new SecretReference("hook-key") : null, on),
        ]);
        harness.Secrets.Set("hook-address", "v1", receiver.Address.ToString());
        harness.Secrets.Set("hook-key", "v1", Key);
        return harness;
    }

    private static async Task NothingTellsTheAddressAsync(OperationHarness harness, Receiver receiver, OperationInstance instance)
    {
        var everything = string.Join(
            '\n', [.. harness.Log, $"{instance.Status}", await harness.HistoryAsync(instance.Id)]);
        Assert.DoesNotContain("code-of-the-address", everything, StringComparison.Ordinal);
        Assert.DoesNotContain(receiver.Address.Authority, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(Key["whsec_".Length..], everything, StringComparison.Ordinal);
    }

    private sealed class Receiver : IAsyncDisposable
    {
        private HttpServer _server = null!;

        public ConcurrentQueue<(Dictionary<string, string> Headers, string Body)> Requests { get; } = new();

        public ConcurrentQueue<int> Answers { get; } = new();

        public Uri Address { get; private set; } = null!;

        public static async Task<Receiver> StartAsync()
        {
            var receiver = new Receiver();
            receiver._server = await HttpServer.StartAsync(receiver.HandleAsync);
            receiver.Address = new Uri(receiver._server.Address, "hooks/tfe?sig=code-of-the-address");
            return receiver;
        }

        public ValueTask DisposeAsync() => _server.DisposeAsync();

        private async Task HandleAsync(HttpContext context)
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            Requests.Enqueue((context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()), body));
            context.Response.Headers.Location = "https://elsewhere.example/";
            context.Response.StatusCode = Answers.TryDequeue(out var status) ? status : 202;
        }
    }
}

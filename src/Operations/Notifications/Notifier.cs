using System.Net;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Operations.Notifications;

/// <summary>
/// Sends notifications. The address is a secret like the key: neither stands in any message, and what the other side answers is not repeated either.
/// </summary>
internal sealed class Notifier(
    IReadOnlyCollection<NotificationDefinition> notifications, ISecretSource secrets, HttpClient http, TimeProvider time)
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A client for as long as activities are: it holds connections, and looks names up again after a while. A redirect would take a signed document
    /// elsewhere.
    /// </summary>
    public static HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Finds the notifications to send, by name.</summary>
    public IReadOnlyList<string> FindRecipients(NotificationTrigger trigger, bool warned) =>
        [.. notifications
            .Where(notification => notification.On.Contains(trigger)
                || (warned && trigger == NotificationTrigger.Completed && notification.On.Contains(NotificationTrigger.Warned)))
            .Select(notification => notification.Name)];

    /// <summary>Sends a notification.</summary>
    /// <exception cref="OperationException">
    /// It could not be sent; <see cref="OperationError.Unavailable"/> where that may pass.
    /// </exception>
    public async Task SendAsync(NotifyInput input, CancellationToken cancellationToken)
    {
        var channel = notifications.FirstOrDefault(notification => notification.Name == input.Channel)
            ?? throw new OperationException(
                OperationError.InvalidConfiguration, $"Notifications:{input.Channel} was removed while an operation still used it.");
        var address = await GetAddressAsync(channel, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = await CreateAsync(channel, input, cancellationToken) };
        request.Headers.UserAgent.ParseAdd("tfe-backup");
        using var timeout = new CancellationTokenSource(SendTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ending.Token);
            Check(channel, response.StatusCode);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(
                OperationError.Unavailable, $"Notification {channel.Name}: no response within {SendTimeout.TotalSeconds:0} s (address: secret {channel.Url}).", e);
        }
        catch (HttpRequestException e)
        {
            throw new OperationException(
                OperationError.Unavailable, $"Notification {channel.Name}: cannot be reached, {e.HttpRequestError} (address: secret {channel.Url}).");
        }
    }

    private static void Check(NotificationDefinition channel, HttpStatusCode status)
    {
        if ((int)status is >= 200 and < 300)
        {
            return;
        }

        var passing = status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;
        throw new OperationException(
            passing ? OperationError.Unavailable : OperationError.Refused,
            $"Notification {channel.Name}: answered {(int)status}, expected 2xx (address: secret {channel.Url}).");
    }

    private async Task<Uri> GetAddressAsync(NotificationDefinition channel, CancellationToken cancellationToken)
    {
        var text = (await secrets.GetAsync(channel.Url, cancellationToken)).Reveal().Trim();
        return Uri.TryCreate(text, UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            ? address
            : throw new OperationException(
                OperationError.InvalidConfiguration, $"Notification {channel.Name}: the secret {channel.Url} of {secrets.Description} is not an address; expected https://…");
    }

    private async Task<HttpContent> CreateAsync(NotificationDefinition channel, NotifyInput input, CancellationToken cancellationToken)
    {
        if (channel.Kind == NotificationKind.Teams)
        {
            return TeamsMessage.Create(input.End);
        }

        var key = WebhookMessage.ReadKey((await secrets.GetAsync(channel.SigningKey!, cancellationToken)).Reveal(), channel.SigningKey!.ToString());
        return WebhookMessage.Create($"{input.End.Operation}.{channel.Name}", time.GetUtcNow(), input.Time, input.End, key);
    }
}

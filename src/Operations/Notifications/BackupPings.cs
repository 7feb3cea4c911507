using System.Net.Http.Headers;
using System.Text;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Operations.Notifications;

/// <summary>
/// Tells a monitor of periodic jobs, of the kind of healthchecks.io, that a backup begins and how it ends: it is the monitor that notices that none came. The
/// address is a secret: it could be used to silence the alarm.
/// </summary>
internal sealed class BackupPings(IInstallationProvider installations, ISecretSource secrets, HttpClient http, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Sends a ping, where the installation has an address for it.</summary>
    /// <param name="installation">The installation of the backup.</param>
    /// <param name="signal">Its outcome.</param>
    /// <param name="text">The reason of a failure; kept by the monitor.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="OperationException">It could not be sent.</exception>
    public async Task SendAsync(string installation, PingSignal signal, string? text, CancellationToken cancellationToken)
    {
        if (installations.GetDefinition(installation).Ping is not { } secret)
        {
            return;
        }

        var address = await GetAddressAsync(secret, signal, cancellationToken);
        using var limit = new CancellationTokenSource(Limit, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(text ?? "", Encoding.UTF8, "text/plain") };
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("tfe-backup", null));
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ending.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new OperationException(OperationError.Refused, $"It answered {(int)response.StatusCode}, expected 2xx (address: secret {secret}).");
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(OperationError.Unavailable, $"No response within {Limit.TotalSeconds:0} s (address: secret {secret}).", e);
        }
        catch (HttpRequestException e)
        {
            throw new OperationException(OperationError.Unavailable, $"It cannot be reached, {e.HttpRequestError} (address: secret {secret}).");
        }
    }

    private async Task<Uri> GetAddressAsync(SecretReference secret, PingSignal signal, CancellationToken cancellationToken)
    {
        var text = (await secrets.GetAsync(secret, cancellationToken)).Reveal().Trim();
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
        {
            throw new OperationException(OperationError.InvalidConfiguration, $"The secret {secret} of {secrets.Description} is not an address; expected https://…");
        }

        var suffix = signal switch
        {
            PingSignal.Start => "/start",
            PingSignal.Fail => "/fail",
            _ => "",
        };
        return new UriBuilder(address) { Path = address.AbsolutePath.TrimEnd('/') + suffix }.Uri;
    }
}

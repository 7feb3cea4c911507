using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using TfeBackup.Installations.Http;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Installations;

/// <summary>Looks at the service beside an installation step by step (name, connection, TLS, API, token) and changes nothing.</summary>
/// <param name="definition">The installation as configured, in API mode.</param>
/// <param name="secrets">The source of its token.</param>
/// <param name="options">The timeouts.</param>
/// <param name="time">The clock.</param>
public sealed class EndpointInspection(InstallationConnection definition, ISecretSource secrets, ApiInstallationOptions options, TimeProvider time)
{
    // Asks for a restore that never was: checks the token without side effects.
    private const string HarmlessCall = "restores/none";

    private readonly ServiceClient _service = new(definition, secrets);

    /// <summary>Looks at it.</summary>
    /// <exception cref="OperationException">It cannot be inspected: the token's secret or <c>CaFile</c> cannot be used.</exception>
    public async Task<EndpointFacts> LookAsync(CancellationToken cancellationToken)
    {
        var policy = definition.CaFile is { } file ? HttpConnection.ReadPolicy(definition.Name, file) : null;
        using var limit = new CancellationTokenSource(options.StatusTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var connected = await ConnectAsync(policy, ending.Token);
            return connected.Fault is null ? await AskAsync(connected, ending.Token) : connected;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new EndpointFacts { Fault = EndpointFault.NoAnswer, Detail = $"no response within {options.StatusTimeout.TotalSeconds:0} s" };
        }
    }

    private async Task<EndpointFacts> ConnectAsync(X509ChainPolicy? policy, CancellationToken cancellationToken)
    {
        var endpoint = _service.Endpoint;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint.IdnHost.Trim('[', ']'), endpoint.Port, cancellationToken);
        }
        catch (SocketException e)
        {
            return new EndpointFacts
            {
                Fault = e.SocketErrorCode switch
                {
                    SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => EndpointFault.NameUnknown,
                    SocketError.ConnectionRefused => EndpointFault.ConnectionRefused,
                    _ => EndpointFault.NoAnswer,
                },
                Detail = e.Message,
            };
        }

        return endpoint.Scheme == Uri.UriSchemeHttps ? await ShakeHandsAsync(socket, policy, cancellationToken) : new EndpointFacts();
    }

    private async Task<EndpointFacts> ShakeHandsAsync(Socket socket, X509ChainPolicy? policy, CancellationToken cancellationToken)
    {
        var facts = new EndpointFacts();
        await using var tls = new SslStream(new NetworkStream(socket));
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = _service.Endpoint.IdnHost.Trim('[', ']'),
                    CertificateChainPolicy = policy,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    {
                        facts = Judge(certificate as X509Certificate2, chain, errors);
                        return facts.Fault is null;
                    },
                },
                cancellationToken);
            return facts;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return facts.Fault is not null ? facts : new EndpointFacts { Fault = EndpointFault.NotTls, Detail = (e.InnerException ?? e).Message.ReplaceLineEndings(" ") };
        }
    }

    private static EndpointFacts Judge(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var status = chain?.ChainStatus.Select(link => link.Status).Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one);

        // One finding at a time, root causes first.
        EndpointFault? fault =
            errors == SslPolicyErrors.None ? null
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? EndpointFault.CertificateName
            : status?.HasFlag(X509ChainStatusFlags.NotTimeValid) == true ? EndpointFault.CertificateExpired
            : EndpointFault.CertificateUntrusted;
        return new EndpointFacts
        {
            Fault = fault,
            CertificateExpires = certificate?.NotAfter.ToUniversalTime(),
            Detail = certificate is null ? "no certificate" : $"{certificate.Subject}, valid from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd} to {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}",
        };
    }

    private async Task<EndpointFacts> AskAsync(EndpointFacts connected, CancellationToken cancellationToken)
    {
        var token = await _service.GetTokenAsync(cancellationToken);
        using var connection = HttpConnection.Create(definition, options, observer: null);
        using var request = _service.CreateRequest(HttpMethod.Get, HarmlessCall, token);
        var asked = time.GetUtcNow();
        HttpResponseMessage response;
        try
        {
            response = await connection.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            return new EndpointFacts { Fault = EndpointFault.NotTheApi, Detail = e.Message };
        }

        using (response)
        {
            var now = time.GetUtcNow();
            if (response.Content.Headers.ContentType?.MediaType is "text/html")
            {
                return connected with { Fault = EndpointFault.NotTheApi, Detail = $"{(int)response.StatusCode} with a web page" };
            }

            var probe = new ReadinessProbe(connection, definition.HealthUrl ?? _service.Endpoint, definition.HealthUrl is not null, options, time);
            return connected with
            {
                TokenAccepted = response.StatusCode switch
                {
                    HttpStatusCode.OK => true,
                    HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => false,
                    _ => null,
                },

                // The Date header has whole seconds, so add half of one; it was written between request and response.
                ClockAhead = response.Headers.Date is { } date ? asked + ((now - asked) / 2) - (date + TimeSpan.FromSeconds(0.5)) : null,
                Status = await probe.AskAsync(_service.Endpoint, token, cancellationToken),
            };
        }
    }
}

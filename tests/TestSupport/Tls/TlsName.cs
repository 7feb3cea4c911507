using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Azure.Core.Pipeline;

namespace TfeBackup.TestSupport.Tls;

/// <summary>
/// A host name that a server within this process answers to by TLS, so that clients check it as they would the real one; and clients that
/// find the name on the loopback interface, and trust its certificate and no other.
/// </summary>
public sealed class TlsName : IDisposable
{
    /// <summary>Makes a name, with a certificate of its own.</summary>
    public TlsName(string host)
    {
        Host = host;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1));

        // Only a certificate that came with its key from a file serves TLS on every platform.
        Certificate = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    /// <summary>The name, or an address.</summary>
    public string Host { get; }

    /// <summary>The certificate, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>A transport that connects to a port of the loopback interface for this name, and nowhere for any other.</summary>
    public HttpPipelineTransport CreateTransport(int port) => new HttpClientTransport(new HttpClient(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            if (!string.Equals(context.DnsEndPoint.Host, Host, StringComparison.OrdinalIgnoreCase))
            {
                throw new SocketException((int)SocketError.HostNotFound);
            }

            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, presented, _, errors) =>
                !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
                && presented is not null && presented.GetRawCertData().AsSpan().SequenceEqual(Certificate.RawData),
        },
    }));

    /// <summary>Writes the certificate, without its key, to a file (PEM) for clients to trust.</summary>
    public void WriteAuthority(string path) => File.WriteAllText(path, Certificate.ExportCertificatePem());

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();
}

using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;

namespace TfeBackup.Server;

/// <summary>Names the setting that keeps the service from listening. The host itself reports a stack of exceptions.</summary>
internal static class ListeningFailure
{
    private const string Certificate =
        "Kestrel:Certificates:Default:Path (a PEM or PFX file) with :KeyPath (the PEM key) or :Password";

    /// <summary>The setting and its expected value; null for other failures.</summary>
    public static string? Explain(Exception failure, IConfiguration configuration)
    {
        var urls = configuration["Urls"] ?? configuration["http_ports"] ?? "the default address";
        for (var e = failure; e is not null; e = e.InnerException)
        {
            var reason = e switch
            {
                InvalidOperationException when Mentions(e, "HTTPS endpoint") || Mentions(e, "server certificate") =>
                    $"Urls: '{urls}' has an https address, but there is no certificate for it. Set {Certificate}, or listen on http behind a proxy that terminates TLS.",
                CryptographicException or FileNotFoundException or DirectoryNotFoundException when configuration["Kestrel:Certificates:Default:Path"] is { } path =>
                    $"Kestrel:Certificates:Default: the certificate '{path}' or its key cannot be used: {e.Message.TrimEnd('.')}. Expected {Certificate}.",
                AddressInUseException => $"Urls: '{urls}' is in use by another program. Stop it, or listen on another port.",
                FormatException when Mentions(e, "url") => $"Urls: '{urls}' is not an address to listen on. Expected one such as https://+:8443.",
                System.Net.Sockets.SocketException =>
                    $"Urls: '{urls}' cannot be bound: {e.Message}. Expected an address of this machine and a port that this service may use.",
                _ => null,
            };
            if (reason is not null)
            {
                return $"The service cannot start with these settings:{Environment.NewLine}  {reason}";
            }
        }

        return null;
    }

    private static bool Mentions(Exception e, string words) => e.Message.Contains(words, StringComparison.OrdinalIgnoreCase);
}

using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;

namespace TfeBackup.Server;

/// <summary>Names the setting that keeps the service from listening. The host itself reports a stack of exceptions.</summary>
internal static class ListeningFailure
{
    private const string Certificate =
        "Kestrel:Certificates:Default:Path (a PEM or PFX file) with :KeyPath (the PEM key) or :Password";

    /// <summary>The setting and its expected value; null for other failures.</summary>
    public static string? Explain(Exception failure, IConfiguration configuration) =>
        Explain(failure, configuration, "Urls", configuration["Urls"] ?? configuration["http_ports"] ?? "the default address") is { } reason
            ? $"The service cannot start with these settings:{Environment.NewLine}  {reason}"
            : null;

    /// <summary>The setting and its expected value, without an introduction; null for other failures.</summary>
    /// <param name="failure">What was thrown.</param>
    /// <param name="configuration">All settings.</param>
    /// <param name="setting">The setting that says where to listen.</param>
    /// <param name="urls">What it says.</param>
    public static string? Explain(Exception failure, IConfiguration configuration, string setting, string urls)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            var reason = e switch
            {
                InvalidOperationException when Mentions(e, "HTTPS endpoint") || Mentions(e, "server certificate") =>
                    $"{setting}: '{urls}' has an https address, but there is no certificate for it. Set {Certificate}, or listen on http behind a proxy that terminates TLS.",
                CryptographicException or FileNotFoundException or DirectoryNotFoundException when configuration["Kestrel:Certificates:Default:Path"] is { } path =>
                    $"Kestrel:Certificates:Default: the certificate '{path}' or its key cannot be used: {e.Message.TrimEnd('.')}. Expected {Certificate}.",
                AddressInUseException => $"{setting}: '{urls}' is in use by another program. Stop it, or listen on another port.",
                FormatException when Mentions(e, "url") => $"{setting}: '{urls}' is not an address to listen on. Expected one such as https://+:8443.",
                System.Net.Sockets.SocketException =>
                    $"{setting}: '{urls}' cannot be bound: {e.Message}. Expected an address of this machine and a port that this service may use.",
                _ => null,
            };
            if (reason is not null)
            {
                return reason;
            }
        }

        return null;
    }

    private static bool Mentions(Exception e, string words) => e.Message.Contains(words, StringComparison.OrdinalIgnoreCase);
}

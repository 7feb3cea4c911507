using System.Security.Authentication;

namespace TfeBackup.Engine.Connections;

/// <summary>Says why a TLS connection did not come about. The libraries' own message is mostly to look at the inner exception.</summary>
internal static class TlsFailure
{
    /// <summary>The cause and its remedy, to follow a colon; null where it was not TLS that failed.</summary>
    /// <param name="failure">What a library threw.</param>
    /// <param name="address">The setting that holds the address.</param>
    /// <param name="authority">Where a certificate authority is made known, such as the name of a setting.</param>
    public static string? Describe(Exception failure, string address, string authority)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            if (e is AuthenticationException)
            {
                // "Authentication failed, see inner exception." says nothing; what is within comes from the TLS library.
                var cause = e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message;
                return $"the TLS connection failed: {Explain(cause, address, authority)}";
            }
        }

        return null;
    }

    private static string Explain(string cause, string address, string authority)
    {
        // A certificate can be wrong in several ways at once; the name first, for no authority can mend that.
        if (Says(cause, "NameMismatch"))
        {
            return $"the certificate is for another name; give that name as {address}, or have a certificate made for this one";
        }

        if (Says(cause, "NotTimeValid"))
        {
            return "the certificate, or one it was signed by, has expired or is not valid yet; renew it, or correct this machine's clock";
        }

        if (Says(cause, "UntrustedRoot") || Says(cause, "PartialChain") || Says(cause, "ChainErrors"))
        {
            return $"the certificate was signed by an authority that is not trusted here; name that authority's certificate (PEM) in {authority}";
        }

        if (Says(cause, "ValidationCallback"))
        {
            // A library that validates by itself keeps to itself what was wrong.
            return $"the certificate was refused: it was not signed by an authority that {authority} holds, is for another name than that in {address}, or has expired";
        }

        return Says(cause, "frame size") || Says(cause, "corrupted frame")
            ? $"what answers does not speak TLS; correct the scheme, host or port in {address}"
            : cause.ReplaceLineEndings(" ").TrimEnd('.', ' ');
    }

    private static bool Says(string text, string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);
}

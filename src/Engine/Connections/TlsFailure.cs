using System.Security.Authentication;

namespace TfeBackup.Engine.Connections;

/// <summary>Explains why a TLS connection failed. The libraries' own message mostly refers to the inner exception.</summary>
public static class TlsFailure
{
    /// <summary>The cause and its remedy, to follow a colon; null where it was not TLS that failed.</summary>
    /// <param name="failure">The library's exception.</param>
    /// <param name="address">The setting that holds the address.</param>
    /// <param name="authority">The place to configure a certificate authority, such as the name of a setting.</param>
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
        if (Mentions(cause, "NameMismatch"))
        {
            return $"the certificate is for a different name; use that name in {address}, or obtain a certificate for this one";
        }

        if (Mentions(cause, "NotTimeValid"))
        {
            return "the certificate, or one of its issuers', has expired or is not valid yet; renew it, or correct this machine's clock";
        }

        if (Mentions(cause, "UntrustedRoot") || Mentions(cause, "PartialChain") || Mentions(cause, "ChainErrors"))
        {
            return $"the certificate's authority is not trusted here; give that authority's certificate (PEM) in {authority}";
        }

        if (Mentions(cause, "ValidationCallback"))
        {
            // A library that validates by itself keeps to itself what was wrong.
            return $"the certificate was refused: its authority is not in {authority}, it is not for the name in {address}, or it has expired";
        }

        return Mentions(cause, "frame size") || Mentions(cause, "corrupted frame")
            ? $"the server does not speak TLS; correct the scheme, host or port in {address}"
            : cause.ReplaceLineEndings(" ").TrimEnd('.', ' ');
    }

    private static bool Mentions(string text, string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);
}

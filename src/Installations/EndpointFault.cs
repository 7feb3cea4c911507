namespace TfeBackup.Installations;

/// <summary>A fault on the way to a service, or of the server that answers.</summary>
public enum EndpointFault
{
    /// <summary>The host's name cannot be resolved.</summary>
    NameUnknown,

    /// <summary>The host refuses connections to the port.</summary>
    ConnectionRefused,

    /// <summary>Nothing answers in time.</summary>
    NoAnswer,

    /// <summary>The server at the https address does not speak TLS.</summary>
    NotTls,

    /// <summary>The certificate, or one it was signed by, has expired or is not valid yet.</summary>
    CertificateExpired,

    /// <summary>The certificate is for another name.</summary>
    CertificateName,

    /// <summary>The certificate was signed by an authority that is not trusted.</summary>
    CertificateUntrusted,

    /// <summary>The server is not the backup API.</summary>
    NotTheApi,
}

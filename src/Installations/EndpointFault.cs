namespace TfeBackup.Installations;

/// <summary>What is wrong with the way to a service, or with what answers there.</summary>
public enum EndpointFault
{
    /// <summary>The host's name cannot be resolved.</summary>
    NameUnknown,

    /// <summary>The host refuses connections to the port.</summary>
    ConnectionRefused,

    /// <summary>Nothing answers in time.</summary>
    NoAnswer,

    /// <summary>What answers to https does not speak TLS.</summary>
    NotTls,

    /// <summary>The certificate, or one it was signed by, has expired or is not valid yet.</summary>
    CertificateExpired,

    /// <summary>The certificate is for another name.</summary>
    CertificateName,

    /// <summary>The certificate was signed by an authority that is not trusted.</summary>
    CertificateUntrusted,

    /// <summary>What answers is not the backup API.</summary>
    NotTheApi,
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TfeBackup.Engine.Connections;

/// <summary>Trust in a certificate authority of one's own, from a file of certificates.</summary>
public static class CertificateAuthority
{
    /// <summary>Reads the certificates and returns a policy that trusts only them.</summary>
    /// <param name="setting">The name of the setting, for messages.</param>
    /// <param name="file">The file, PEM.</param>
    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>: the file cannot be read or has no certificate.</exception>
    public static X509ChainPolicy ReadPolicy(string setting, string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new EngineException(EngineError.InvalidRequest, $"{setting}: cannot read certificates from {file}: {e.Message}", e);
        }

        return policy.CustomTrustStore.Count > 0
            ? policy
            : throw new EngineException(EngineError.InvalidRequest, $"{setting}: {file} contains no certificate; expected PEM ('-----BEGIN CERTIFICATE-----').");
    }
}

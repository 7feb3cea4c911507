using System.Globalization;
using System.Security.Cryptography;

namespace TfeBackup.SampleInstallation.Security;

/// <summary>Passwords as the database keeps them: PBKDF2-SHA-256 with its parameters before it.</summary>
internal static class PasswordHash
{
    private const int Iterations = 100_000;
    private const int SaltSize = 16;
    private const int HashSize = 32;

    public static string Create(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var hash = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, HashSize);
        return string.Create(CultureInfo.InvariantCulture, $"pbkdf2-sha256${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
    }

    public static bool Matches(string password, string stored)
    {
        var fields = stored.Split('$');
        var expected = Convert.FromBase64String(fields[3]);
        var actual = Rfc2898DeriveBytes.Pbkdf2(
            password, Convert.FromBase64String(fields[2]), int.Parse(fields[1], CultureInfo.InvariantCulture), HashAlgorithmName.SHA256, expected.Length);
        return CryptographicOperations.FixedTimeEquals(expected, actual);
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace TfeBackup.Server.Dashboard;

/// <summary>
/// The administrator's password: PBKDF2 (HMAC-SHA512, a salt of its own), in <c>….admin</c>. As long as there is none, it can be set with a code that
/// stands in the log alone, once, for an hour.
/// </summary>
internal sealed class AdminPassword(string statePath, TimeProvider time) : IDisposable
{
    /// <summary>How many characters it has to have: it is the only factor (NIST SP 800-63B).</summary>
    public const int LeastLength = 15;

    /// <summary>How long the code is good for.</summary>
    public static readonly TimeSpan CodeLife = TimeSpan.FromHours(1);

    private readonly string _file = $"{statePath}.admin";
    private readonly PasswordHasher<AdminPassword> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = 210_000 }));
    private readonly string _code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
    private readonly DateTimeOffset _codeEnds = time.GetUtcNow() + CodeLife;

    // Each takes a core for a while.
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Whether there is a password.</summary>
    public bool IsSet => File.Exists(_file);

    /// <summary>The code with which the first password is set; for the log.</summary>
    public string Code => _code;

    /// <summary>Whether a code sets the password now.</summary>
    public bool IsCode(string? code) =>
        !IsSet && time.GetUtcNow() < _codeEnds
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(code ?? "")), SHA256.HashData(Encoding.UTF8.GetBytes(_code)));

    /// <summary>Sets the first password.</summary>
    /// <returns>Whether it was set; false where there is one already.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public bool TrySet(string password) => PrivateFile.Write(_file, Encoding.ASCII.GetBytes(_hasher.HashPassword(this, password) + "\n"), overwrite: false);

    /// <summary>Whether this is the password.</summary>
    public async Task<bool> MatchesAsync(string? password, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(password) || !IsSet)
        {
            return false;
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            var hash = (await File.ReadAllTextAsync(_file, cancellationToken)).Trim();
            return _hasher.VerifyHashedPassword(this, hash, password) != PasswordVerificationResult.Failed;
        }
        catch (FormatException)
        {
            // Somebody edited the file.
            return false;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();
}

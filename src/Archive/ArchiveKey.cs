using System.Security.Cryptography;
using TfeBackup.Archive.Age;

namespace TfeBackup.Archive;

/// <summary>
/// The key of one backup, wrapped under a password. Making it takes a second of scrypt, which can pass beside other work before
/// the backup begins.
/// </summary>
public sealed class ArchiveKey : IDisposable
{
    private byte[]? _fileKey;

    private ArchiveKey(byte[] fileKey, AgeStanza stanza)
    {
        _fileKey = fileKey;
        Stanza = stanza;
    }

    internal AgeStanza Stanza { get; }

    /// <summary>Makes a key and wraps it under a password.</summary>
    /// <param name="password">Opens the backup; taken as UTF-8.</param>
    /// <param name="workFactor">scrypt's; see <see cref="ArchiveWriterOptions.WorkFactor"/>.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/> for a password that cannot be used.</exception>
    public static async Task<ArchiveKey> CreateAsync(string password, int workFactor, CancellationToken cancellationToken)
    {
        AgePassword.CheckPassword(password);
        var fileKey = AgeFile.CreateFileKey();
        try
        {
            return new ArchiveKey(fileKey, await AgePassword.WrapAsync(fileKey, password, workFactor, cancellationToken));
        }
        catch
        {
            CryptographicOperations.ZeroMemory(fileKey);
            throw;
        }
    }

    /// <summary>Forgets it. A writer that was made with it has what it needs.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_fileKey);
        _fileKey = null;
    }

    /// <summary>Hands the key out, once: no two backups may have the same.</summary>
    internal byte[] Take() => Interlocked.Exchange(ref _fileKey, null) ?? throw new InvalidOperationException("A key is for one backup.");
}

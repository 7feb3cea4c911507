using System.Security.Cryptography;
using System.Text;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Layout;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// A key of a repository: the age identity that opens its packs, and the keys whose signatures on indexes count. Its file is an age identity
/// file, encrypted with a password as <c>age -p</c> does or to a recovery recipient (FORMAT-2.md, "Keys").
/// </summary>
/// <remarks>
/// A key's name is its recipient, so nobody can put another key in the place of one whose name is known, not even by encrypting it to the
/// right recovery recipient; and who was let in to a key file knew the identity.
/// </remarks>
public sealed class RepositoryKey : IDisposable
{
    /// <summary>The most signers a key has.</summary>
    public const int MaxSigners = 100;

    /// <summary>The most bytes a key file has.</summary>
    public const int MaxFileBytes = 1 << 20;

    private const string DescriptionPrefix = "# tfe-backup ";

    private RepositoryKey(AgeIdentity identity, string installation, DateTimeOffset created, IReadOnlyList<VerifyingKey> signers)
    {
        Identity = identity;
        Installation = installation;
        Created = created;
        Signers = signers;
    }

    /// <summary>Opens the repository's packs.</summary>
    public AgeIdentity Identity { get; }

    /// <summary>The installation whose repository it is for.</summary>
    public string Installation { get; }

    /// <summary>When this file of the key was made.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>The keys whose signatures on indexes count.</summary>
    public IReadOnlyList<VerifyingKey> Signers { get; }

    /// <summary>Its name: its recipient.</summary>
    public string Name => Identity.Recipient.ToString();

    /// <summary>Makes a key of a new identity.</summary>
    /// <param name="installation">The installation's name.</param>
    /// <param name="created">Now.</param>
    /// <param name="signers">The keys whose signatures on indexes count.</param>
    public static RepositoryKey Create(string installation, DateTimeOffset created, IReadOnlyList<VerifyingKey> signers) =>
        Create(AgeIdentity.Create(), installation, created, signers);

    /// <summary>Opens a key file that is encrypted with a password.</summary>
    /// <param name="file">The file's content.</param>
    /// <param name="password">The password.</param>
    /// <param name="expected">The key's name, by which it was found.</param>
    /// <param name="installation">The installation whose key it must be.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException">As its files are read, or <see cref="ArchiveError.Corrupt"/> for the key of another repository.</exception>
    public static async Task<RepositoryKey> OpenAsync(
        ReadOnlyMemory<byte> file, string password, string expected, string installation, CancellationToken cancellationToken)
    {
        AgePassword.CheckPassword(password);
        return await OpenAsync(
            file, header => AgePassword.UnwrapAsync(header, password, AgePassword.MaxWorkFactor, cancellationToken), expected, installation, cancellationToken);
    }

    /// <summary>Opens a key file that is encrypted to a recovery recipient.</summary>
    /// <param name="file">The file's content.</param>
    /// <param name="recovery">The recovery identity.</param>
    /// <param name="expected">
    /// The key's name, from a place that whoever can write to the store cannot change: anybody can encrypt another key to a recipient.
    /// </param>
    /// <param name="installation">The installation whose key it must be.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException">As its files are read, or <see cref="ArchiveError.Corrupt"/> for the key of another repository.</exception>
    public static Task<RepositoryKey> OpenAsync(
        ReadOnlyMemory<byte> file, AgeIdentity recovery, string expected, string installation, CancellationToken cancellationToken) =>
        OpenAsync(file, header => Task.FromResult(AgeIdentity.Unwrap(header, [recovery])), expected, installation, cancellationToken);

    /// <summary>The same identity with other signers.</summary>
    /// <param name="created">Now.</param>
    /// <param name="signers">The keys whose signatures on indexes count.</param>
    public RepositoryKey WithSigners(DateTimeOffset created, IReadOnlyList<VerifyingKey> signers) =>
        Create(AgeIdentity.Parse(Identity.Reveal()), Installation, created, signers);

    /// <summary>A file of this key, encrypted with a password as <c>age -p</c> does.</summary>
    /// <param name="password">The password.</param>
    /// <param name="workFactor">scrypt's; see <see cref="ArchiveWriterOptions.WorkFactor"/>.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<byte[]> WrapAsync(string password, int workFactor, CancellationToken cancellationToken)
    {
        AgePassword.CheckPassword(password);
        return await WrapAsync(key => AgePassword.WrapAsync(key, password, workFactor, cancellationToken), cancellationToken);
    }

    /// <summary>A file of this key, encrypted to a recovery recipient.</summary>
    /// <param name="recovery">The recipient.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task<byte[]> WrapAsync(AgeRecipient recovery, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(recovery);
        return WrapAsync(key => Task.FromResult(recovery.Wrap(key.Span)), cancellationToken);
    }

    /// <summary>Forgets the identity.</summary>
    public void Dispose() => Identity.Dispose();

    private static RepositoryKey Create(
        AgeIdentity identity, string installation, DateTimeOffset created, IReadOnlyList<VerifyingKey> signers)
    {
        ArgumentException.ThrowIfNullOrEmpty(installation);
        ArgumentNullException.ThrowIfNull(signers);
        return signers.Count is > 0 and <= MaxSigners && signers.Distinct().Count() == signers.Count
            ? new RepositoryKey(identity, installation, created.ToUniversalTime(), [.. signers])
            : throw ArchiveException.InvalidRequest($"A key needs 1 to {MaxSigners} different signers; {signers.Count} were given.");
    }

    private static async Task<RepositoryKey> OpenAsync(
        ReadOnlyMemory<byte> file,
        Func<AgeHeader, Task<byte[]>> unwrap,
        string expected,
        string installation,
        CancellationToken cancellationToken)
    {
        if (file.Length > MaxFileBytes)
        {
            throw ArchiveException.Corrupt($"The file of the key '{expected}' has {file.Length} bytes; at most {MaxFileBytes} are allowed.");
        }

        byte[] text;
        try
        {
            text = await DecryptAsync(file, unwrap, cancellationToken);
        }
        catch (ArchiveException e)
        {
            throw new ArchiveException(e.Error, $"The file of the key '{expected}' cannot be read. {e.Message}");
        }

        try
        {
            var key = Read(text, expected);
            if (key.Name == expected && key.Installation == installation)
            {
                return key;
            }

            using (key)
            {
                throw ArchiveException.Corrupt(
                    $"The file of the key '{expected}' of '{installation}' holds the key '{key.Name}' of '{key.Installation}': it was put there " +
                    "in place of the right one.");
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private static async Task<byte[]> DecryptAsync(
        ReadOnlyMemory<byte> file, Func<AgeHeader, Task<byte[]>> unwrap, CancellationToken cancellationToken)
    {
        using var source = new MemoryStream(file.ToArray());
        var header = await AgeHeader.ReadAsync(source, cancellationToken);
        var fileKey = await unwrap(header);
        var text = new byte[file.Length];
        try
        {
            await using var plain = await AgeFile.CreateDecryptingStreamAsync(header, source, fileKey, cancellationToken);
            var length = await plain.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancellationToken);
            return text[..length];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private static RepositoryKey Read(ReadOnlySpan<byte> text, string expected)
    {
        KeyDescription? description = null;
        AgeIdentity? identity = null;
        try
        {
            foreach (var range in text.Split((byte)'\n'))
            {
                var line = Encoding.UTF8.GetString(text[range].TrimEnd((byte)'\r'));
                if (line.StartsWith(DescriptionPrefix, StringComparison.Ordinal) && description is null)
                {
                    var json = Encoding.UTF8.GetBytes(line[DescriptionPrefix.Length..]);
                    description = ArchiveJson.Read<KeyDescription>(json, PackJson.Default.KeyDescription, $"The description in the file of the key '{expected}'");
                }
                else if (line.Length > 0 && line[0] != '#')
                {
                    identity = identity is null
                        ? AgeIdentity.Parse(line)
                        : throw ArchiveException.Corrupt($"The file of the key '{expected}' holds more than one identity.");
                }
            }

            if (identity is null || description is null)
            {
                throw ArchiveException.Corrupt(
                    $"The file of the key '{expected}' has no {(identity is null ? "identity" : $"line that begins with '{DescriptionPrefix}'")}.");
            }

            return description.Format == IndexInfo.CurrentFormat
                ? Create(identity, description.Installation, description.Created, [.. description.Signers.Select(VerifyingKey.Parse)])
                : throw ArchiveException.Unsupported($"The key '{expected}' is of format {description.Format}; this version reads format {IndexInfo.CurrentFormat}.");
        }
        catch (Exception e) when (e is ArchiveException { Error: ArchiveError.InvalidRequest } or ArgumentException)
        {
            // What is inside a key file is not what a caller asked for.
            identity?.Dispose();
            throw ArchiveException.Corrupt($"The file of the key '{expected}' is damaged: {e.Message}");
        }
        catch
        {
            identity?.Dispose();
            throw;
        }
    }

    private async Task<byte[]> WrapAsync(Func<ReadOnlyMemory<byte>, Task<AgeStanza>> wrap, CancellationToken cancellationToken)
    {
        var description = new KeyDescription
        {
            Format = IndexInfo.CurrentFormat,
            Installation = Installation,
            Created = Created,
            Signers = [.. Signers.Select(s => s.ToString())],
        };
        var json = Encoding.UTF8.GetString(ArchiveJson.Write(description, PackJson.Readable.KeyDescription));
        var text = Encoding.UTF8.GetBytes($"{DescriptionPrefix}{json}\n# public key: {Name}\n{Identity.Reveal()}\n");
        var fileKey = AgeFile.CreateFileKey();
        try
        {
            var file = new MemoryStream();
            await using var age = await AgeFile.CreateEncryptingStreamAsync(file, [await wrap(fileKey)], fileKey, cancellationToken);
            await age.WriteAsync(text, cancellationToken);
            await age.CompleteAsync(cancellationToken);
            return file.ToArray();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
            CryptographicOperations.ZeroMemory(text);
        }
    }
}

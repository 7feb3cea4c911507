using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server;

/// <summary>The API's bearer token (RFC 6750), compared in constant time.</summary>
internal sealed class ApiToken
{
    /// <summary>The minimum length of a configured token, in characters.</summary>
    public const int LeastLength = 32;

    private readonly byte[] _hash;

    private ApiToken(string token)
    {
        _hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
    }

    /// <summary>Takes the token from the settings, or from its file, which is made with a fresh 256-bit token when absent.</summary>
    /// <exception cref="SettingsException">The file cannot be read or made, or holds no usable token.</exception>
    public static ApiToken Load(ServiceSettings settings, ILogger<ApiToken> logger)
    {
        if (settings.Token is { Length: > 0 } token)
        {
            return new ApiToken(token);
        }

        var file = settings.TokenFile!;
        try
        {
            return new ApiToken(ReadOrCreate(file, logger));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"Installation:TokenFile: expected a file that this service can read, or create in an existing directory: {e.Message}"]);
        }
    }

    /// <summary>True if an <c>Authorization</c> header carries this token.</summary>
    public bool Matches(string? authorization)
    {
        const string scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // Hashes are compared, so neither content nor length of the token shows in the time it takes.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(authorization[scheme.Length..].Trim()));
        return CryptographicOperations.FixedTimeEquals(hash, _hash);
    }

    private static string ReadOrCreate(string file, ILogger logger)
    {
        if (!File.Exists(file))
        {
            Create(file);
            ServerLog.TokenCreated(logger, file);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0)
        {
            ServerLog.TokenReadable(logger, file);
        }

        var token = File.ReadAllText(file).Trim();
        if (token.Length is >= 16 and < LeastLength)
        {
            ServerLog.TokenShort(logger, file, token.Length, LeastLength);
        }

        return token.Length >= 16 && token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new SettingsException(
                [$"Installation:TokenFile: expected at least 16 printable ASCII characters in '{file}'. Remove the file to have a new token generated."]);
    }

    private static void Create(string file)
    {
        // Written aside and then linked into place: a second node that starts at the same moment sees all of it or nothing.
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var draft = $"{file}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using (var stream = new FileStream(draft, options))
            {
                stream.Write(Encoding.ASCII.GetBytes(token + "\n"));
                stream.Flush(flushToDisk: true);
            }

            File.Move(draft, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another node was first; its token is the one.
        }
        finally
        {
            File.Delete(draft);
        }
    }
}

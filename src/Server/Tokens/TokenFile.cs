using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server.Tokens;

/// <summary>
/// <c>Installation:TokenFile</c>, and beside it <c>….former</c>: one line for each token that was replaced and is still valid, with its end and its hash.
/// Several nodes may share both.
/// </summary>
internal sealed class TokenFile(string path, ILogger logger)
{
    private const int LeastReadable = 16;

    private string FormerPath => $"{path}.former";

    /// <summary>Changes when either file does.</summary>
    public (DateTime, DateTime) Stamp => (File.GetLastWriteTimeUtc(path), File.GetLastWriteTimeUtc(FormerPath));

    /// <summary>Makes the file with a fresh 256-bit token where it is absent.</summary>
    public void Ensure()
    {
        if (!File.Exists(path) && PrivateFile.Write(path, Encoding.ASCII.GetBytes(Generate() + "\n"), overwrite: false))
        {
            ServerLog.TokenCreated(logger, path);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0)
        {
            ServerLog.TokenReadable(logger, path);
        }
    }

    /// <summary>Reads the token and those before it.</summary>
    /// <exception cref="SettingsException">The file holds no usable token.</exception>
    public (string Token, IReadOnlyList<FormerToken> Former) Read()
    {
        var token = File.ReadAllText(path).Trim();
        if (token.Length is >= LeastReadable and < ApiToken.LeastLength)
        {
            ServerLog.TokenShort(logger, path, token.Length, ApiToken.LeastLength);
        }

        return token.Length >= LeastReadable && token.All(c => c is > ' ' and <= '~')
            ? (token, ReadFormer())
            : throw new SettingsException(
                [$"Installation:TokenFile: expected at least {LeastReadable} printable ASCII characters in '{path}'. Remove the file to have a new token generated."]);
    }

    /// <summary>Replaces the token by a fresh one.</summary>
    /// <param name="former">What stays valid besides it. Written first: nobody's token ends before its time if this process ends in between.</param>
    public void Replace(IReadOnlyList<FormerToken> former)
    {
        WriteFormer(former);
        PrivateFile.Write(path, Encoding.ASCII.GetBytes(Generate() + "\n"), overwrite: true);
    }

    public void WriteFormer(IReadOnlyList<FormerToken> former) => PrivateFile.Write(
        FormerPath, Encoding.ASCII.GetBytes(string.Concat(former.Select(token => $"{token.Until:O} {Convert.ToHexStringLower(token.Hash)}\n"))), overwrite: true);

    private List<FormerToken> ReadFormer()
    {
        var former = new List<FormerToken>();
        foreach (var line in File.Exists(FormerPath) ? File.ReadAllLines(FormerPath) : [])
        {
            if (line.Split(' ') is [var until, { Length: SHA256.HashSizeInBytes * 2 } hash] && hash.All(char.IsAsciiHexDigit)
                && DateTimeOffset.TryParseExact(until, "O", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end))
            {
                former.Add(new FormerToken(Convert.FromHexString(hash), end));
            }
            else
            {
                throw new SettingsException([$"Installation:TokenFile: '{FormerPath}' holds a line that is no former token. Remove the file: tokens that were replaced then end at once."]);
            }
        }

        return former;
    }

    private static string Generate() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}

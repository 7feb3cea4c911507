using System.Security.Cryptography;
using System.Text;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server.Tokens;

/// <summary>
/// The API's bearer token (RFC 6750), compared in constant time. One from a file can be replaced while the service runs: by <see cref="Rotate"/>, by another node
/// that shares the file, or by hand.
/// </summary>
internal sealed class ApiToken
{
    /// <summary>The minimum length of a configured token, in characters.</summary>
    public const int LeastLength = 32;

    private readonly TokenFile? _file;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private volatile State _state;

    private ApiToken(TokenFile? file, State state, TimeProvider time, ILogger logger)
    {
        _file = file;
        _state = state;
        _time = time;
        _logger = logger;
    }

    /// <summary>The token.</summary>
    public string Value => Current().Token;

    /// <summary>Whether the token can be replaced: one from the settings cannot.</summary>
    public bool CanRotate => _file is not null;

    /// <summary>When the tokens before this one end (UTC); those that have not yet.</summary>
    public IReadOnlyList<DateTimeOffset> FormerEnds => [.. Valid(Current()).Select(former => former.Until).Order()];

    /// <summary>Takes the token from the settings, or from its file, which is made with a fresh 256-bit token when absent.</summary>
    /// <exception cref="SettingsException">The file cannot be read or made, or holds no usable token.</exception>
    public static ApiToken Load(ServiceSettings settings, TimeProvider time, ILogger<ApiToken> logger)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Token is { Length: > 0 } token)
        {
            return new ApiToken(null, State.Of(default, token, []), time, logger);
        }

        var file = new TokenFile(settings.TokenFile!, logger);
        try
        {
            file.Ensure();
            return new ApiToken(file, Read(file), time, logger);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"Installation:TokenFile: expected a file that this service can read, or create in an existing directory: {e.Message}"]);
        }
    }

    /// <summary>True if an <c>Authorization</c> header carries this token, or one before it that is still valid.</summary>
    public bool Matches(string? authorization)
    {
        const string scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // Hashes are compared, and all of them, so neither content nor length of a token shows in the time it takes.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(authorization[scheme.Length..].Trim()));
        var state = Current();
        var matches = CryptographicOperations.FixedTimeEquals(hash, state.Hash);
        foreach (var former in Valid(state))
        {
            matches |= CryptographicOperations.FixedTimeEquals(hash, former.Hash);
        }

        return matches;
    }

    /// <summary>Replaces the token by a fresh one.</summary>
    /// <param name="grace">How long the old one stays valid. Zero ends it at once, and all before it.</param>
    /// <exception cref="InvalidOperationException">It is not from a file.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing has changed.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written; nothing has changed.</exception>
    public void Rotate(TimeSpan grace)
    {
        lock (_lock)
        {
            var state = Current();
            RequireFile().Replace(grace > TimeSpan.Zero ? [.. Valid(state), new FormerToken(state.Hash, _time.GetUtcNow() + grace)] : []);
            _state = Read(RequireFile());
        }
    }

    /// <summary>Ends every token before this one.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void EndFormer()
    {
        lock (_lock)
        {
            RequireFile().WriteFormer([]);
            _state = Read(RequireFile());
        }
    }

    private TokenFile RequireFile() => _file ?? throw new InvalidOperationException("The token is Installation:Token. Change it there.");

    private IEnumerable<FormerToken> Valid(State state)
    {
        var now = _time.GetUtcNow();
        return state.Former.Where(former => former.Until > now);
    }

    private State Current()
    {
        var state = _state;
        if (_file is null || _file.Stamp == state.Stamp)
        {
            return state;
        }

        lock (_lock)
        {
            try
            {
                _state = Read(_file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or SettingsException)
            {
                ServerLog.TokenUnreadable(_logger, e.Message);
                _state = state with { Stamp = _file.Stamp };
            }

            return _state;
        }
    }

    private static State Read(TokenFile file)
    {
        // Before the content: what changes in between is read again.
        var stamp = file.Stamp;
        var (token, former) = file.Read();
        return State.Of(stamp, token, former);
    }

    private sealed record State((DateTime, DateTime) Stamp, string Token, byte[] Hash, IReadOnlyList<FormerToken> Former)
    {
        public static State Of((DateTime, DateTime) stamp, string token, IReadOnlyList<FormerToken> former) =>
            new(stamp, token, SHA256.HashData(Encoding.UTF8.GetBytes(token)), former);
    }
}

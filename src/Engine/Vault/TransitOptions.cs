namespace TfeBackup.Engine.Vault;

/// <summary>
/// Vault's address and the options of its Transit engine's client. Exactly one of <see cref="Token"/>, <see cref="TokenFile"/> and <see cref="RoleId"/> is set.
/// </summary>
public sealed record TransitOptions
{
    /// <summary>Vault's address, such as <c>https://vault.example.com:8200</c>; a path before <c>/v1</c> is kept.</summary>
    public required Uri Address { get; init; }

    /// <summary>The token itself.</summary>
    public string? Token { get; init; }

    /// <summary>
    /// A file that holds the token, such as a Vault Agent's sink. Read on first use, and again when Vault refuses the token
    /// that was read before.
    /// </summary>
    public string? TokenFile { get; init; }

    /// <summary>The role id to log in with (AppRole), instead of a token.</summary>
    public string? RoleId { get; init; }

    /// <summary>The secret id that goes with <see cref="RoleId"/>, unless the role needs none.</summary>
    public string? SecretId { get; init; }

    /// <summary>A file that holds the secret id, read at every login.</summary>
    public string? SecretIdFile { get; init; }

    /// <summary>The path the AppRole method is mounted at, below <c>auth/</c>.</summary>
    public string AuthMount { get; init; } = "approle";

    /// <summary>A file of certificates (PEM): the only authorities trusted to sign Vault's; null for those this machine trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>The path the Transit engine is mounted at.</summary>
    public string Mount { get; init; } = "transit";

    /// <summary>The Vault Enterprise namespace; null for none.</summary>
    public string? Namespace { get; init; }

    /// <summary>The maximum number of values in one request. Vault's listener refuses more than 10,000 by default.</summary>
    public int BatchItems { get; init; } = 1000;

    /// <summary>
    /// The most bytes of values in one request, unless a single value is longer. Vault's listener refuses requests of more
    /// than 32 MiB by default; smaller ones run side by side.
    /// </summary>
    public int BatchBytes { get; init; } = 4 << 20;

    /// <summary>The number of requests that run at once.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>The timeout of one request.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>The number of attempts for one request.</summary>
    public int Attempts { get; init; } = 10;

    /// <summary>No retry begins later than this after a request's first attempt.</summary>
    public TimeSpan RetryTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Stops at the first setting that makes no sense.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>, naming the setting.</exception>
    public void Check()
    {
        if (!Address.IsAbsoluteUri || (Address.Scheme != Uri.UriSchemeHttp && Address.Scheme != Uri.UriSchemeHttps))
        {
            throw Invalid("Address", "must be an http or https URL");
        }

        if ((Token is null ? 0 : 1) + (TokenFile is null ? 0 : 1) + (RoleId is null ? 0 : 1) != 1)
        {
            throw Invalid("Token", "Vault:TokenFile and Vault:RoleId: set exactly one of the three");
        }

        if (SecretId is not null && SecretIdFile is not null)
        {
            throw Invalid("SecretId", "and Vault:SecretIdFile: set one of the two");
        }

        if (Mount.Trim('/').Length == 0 || AuthMount.Trim('/').Length == 0)
        {
            throw Invalid("Mount", "and Vault:AuthMount must not be empty");
        }

        if (BatchItems is < 1 or > 10_000 || BatchBytes is < 1 or > 32 << 20 || Concurrency < 1 || Attempts < 1)
        {
            throw Invalid("limits", "must be at least 1, BatchItems at most 10,000, BatchBytes at most 32 MiB");
        }
    }

    /// <summary>Vault's address. A record would print all its properties; this one must not print its token.</summary>
    public override string ToString() => $"{Address.GetLeftPart(UriPartial.Path)} ({Mount})";

    private static EngineException Invalid(string setting, string what) =>
        new(EngineError.InvalidRequest, $"Vault:{setting} {what}.");
}

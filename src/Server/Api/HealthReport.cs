namespace TfeBackup.Server.Api;

/// <summary>The answer of <c>GET /_backup/api/v1/health</c>.</summary>
/// <param name="Status"><c>ok</c> where every part answers, otherwise <c>failed</c>.</param>
/// <param name="Checks">Each part's state.</param>
internal sealed record HealthReport(string Status, IReadOnlyList<HealthReport.Check> Checks)
{
    /// <summary>
    /// The data a restore would replace: <c>data</c>, only <c>objects</c>, or nothing (<c>empty</c>); absent if unknown now. Only for
    /// a caller who has the token, as the next one.
    /// </summary>
    public string? Content { get; init; }

    /// <summary>How many bytes of objects a restore can stage; absent where nothing limits it.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>How many bytes of an upload whose <c>config</c> comes last the service has room for; absent if nobody knows.</summary>
    public long? SpoolFreeBytes { get; init; }

    /// <summary><c>refused</c> where the caller sent a token and it is not this service's; absent otherwise.</summary>
    public string? Token { get; init; }

    /// <summary>The application's version, as configured.</summary>
    public string? ProductVersion { get; init; }

    /// <summary>One part's state.</summary>
    /// <param name="Name"><c>database</c>, <c>objectStore</c>, <c>vault</c> or <c>restore</c>.</param>
    /// <param name="Status"><c>ok</c> or <c>failed</c>.</param>
    /// <param name="Detail">Why it failed, or of the Vault how long its token is good for; only for a caller who has the token.</param>
    internal sealed record Check(string Name, string Status, string? Detail);
}

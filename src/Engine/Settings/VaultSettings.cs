namespace TfeBackup.Engine.Settings;

/// <summary>The section <c>Vault</c> of an installation's settings.</summary>
public sealed class VaultSettings
{
    /// <summary>Vault's address.</summary>
    public required Uri Address { get; init; }

    /// <summary>The Vault token; or <see cref="TokenFile"/>.</summary>
    public string? Token { get; init; }

    /// <summary>A file that holds the Vault token, read again when Vault refuses the one in use.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Names the secret that holds the Vault token, where secrets are named.</summary>
    public string? TokenSecret { get; init; }

    /// <summary>The role id to log in with (AppRole), instead of a token.</summary>
    public string? RoleId { get; init; }

    /// <summary>The secret id that goes with the role id.</summary>
    public string? SecretId { get; init; }

    /// <summary>A file that holds the secret id, read at every login.</summary>
    public string? SecretIdFile { get; init; }

    /// <summary>Names the secret that holds the secret id, where secrets are named.</summary>
    public string? SecretIdSecret { get; init; }

    /// <summary>The AppRole method's mount below <c>auth/</c>; <c>approle</c> by default.</summary>
    public required string AuthMount { get; init; }

    /// <summary>The Vault Enterprise or HCP namespace; null for none.</summary>
    public string? Namespace { get; init; }

    /// <summary>A file with the certificates (PEM) of the authorities that sign Vault's; null for those that this machine trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>The Transit engine's mount; <c>transit</c> by default.</summary>
    public required string Mount { get; init; }

    /// <summary>The application's name in Transit key names, <c>&lt;app&gt;_&lt;table&gt;_&lt;attribute&gt;</c>.</summary>
    public string? App { get; init; }

    /// <summary>The Transit key of objects; <c>&lt;app&gt;_archivist</c> by default.</summary>
    public string? ObjectKey { get; init; }

    /// <summary>Further encrypted columns: <c>schema.table.column</c> to Transit key; to an empty key: not encrypted, whatever its name.</summary>
    public required IReadOnlyDictionary<string, string> Columns { get; init; }
}

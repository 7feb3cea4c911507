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

    /// <summary>The Transit engine's mount; <c>transit</c> by default.</summary>
    public required string Mount { get; init; }

    /// <summary>The application's name in Transit key names, <c>&lt;app&gt;_&lt;table&gt;_&lt;attribute&gt;</c>.</summary>
    public string? App { get; init; }

    /// <summary>The Transit key of objects; <c>&lt;app&gt;_archivist</c> by default.</summary>
    public string? ObjectKey { get; init; }

    /// <summary>Further encrypted columns: <c>schema.table.column</c> to Transit key.</summary>
    public required IReadOnlyDictionary<string, string> Columns { get; init; }
}

namespace TfeBackup.SampleInstallation;

/// <summary>The settings, read once at start from the configuration section <c>Sample</c>.</summary>
internal sealed record SampleOptions
{
    private const string Section = "Sample";

    /// <summary>The connection string of the database.</summary>
    public required string Postgres { get; init; }

    /// <summary>The directory that holds the objects; null where a container does.</summary>
    public string? ObjectPath { get; init; }

    /// <summary>The connection string of the storage account; null where a directory holds the objects.</summary>
    public string? ObjectConnectionString { get; init; }

    /// <summary>The container that holds the objects.</summary>
    public string? ObjectContainer { get; init; }

    /// <summary>Vault's address.</summary>
    public required Uri VaultAddress { get; init; }

    /// <summary>Vault's token; null where a file holds it.</summary>
    public string? VaultToken { get; init; }

    /// <summary>The file that holds Vault's token.</summary>
    public string? VaultTokenFile { get; init; }

    /// <summary>Where the Transit engine is mounted.</summary>
    public required string VaultMount { get; init; }

    /// <summary>The application's name, with which the names of its Transit keys begin.</summary>
    public required string VaultApp { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingException">One is missing or wrong.</exception>
    public static SampleOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var kind = Required(section, "ObjectStore:Kind");
        var isDirectory = kind.Equals("Directory", StringComparison.OrdinalIgnoreCase);
        if (!isDirectory && !kind.Equals("AzureBlob", StringComparison.OrdinalIgnoreCase))
        {
            throw new SettingException($"{Section}:ObjectStore:Kind is {kind}; expected Directory or AzureBlob.");
        }

        if (!Uri.TryCreate(Required(section, "Vault:Address"), UriKind.Absolute, out var vault) || vault.Scheme is not ("http" or "https"))
        {
            throw new SettingException($"{Section}:Vault:Address is no http or https address.");
        }

        var token = Optional(section, "Vault:Token");
        var options = new SampleOptions
        {
            Postgres = Required(section, "Postgres"),
            ObjectPath = isDirectory ? Required(section, "ObjectStore:Path") : null,
            ObjectConnectionString = isDirectory ? null : Required(section, "ObjectStore:ConnectionString"),
            ObjectContainer = isDirectory ? null : Required(section, "ObjectStore:Container"),
            VaultAddress = vault,
            VaultToken = token,
            VaultTokenFile = token is null ? Optional(section, "Vault:TokenFile") : null,
            VaultMount = Optional(section, "Vault:Mount") ?? "transit",
            VaultApp = Required(section, "Vault:App"),
        };
        if (options.VaultToken is null && options.VaultTokenFile is null)
        {
            throw new SettingException($"Neither {Section}:Vault:Token nor {Section}:Vault:TokenFile is set.");
        }

        if (options.VaultTokenFile is { } file && !File.Exists(file))
        {
            throw new SettingException($"{Section}:Vault:TokenFile names {file}, which does not exist.");
        }

        if (options.ObjectPath is { } path && !Directory.Exists(path))
        {
            throw new SettingException($"{Section}:ObjectStore:Path names {path}, which is no directory.");
        }

        return options;
    }

    private static string? Optional(IConfigurationSection section, string name) =>
        section[name] is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;

    private static string Required(IConfigurationSection section, string name) =>
        Optional(section, name) ?? throw new SettingException($"{Section}:{name} is not set.");
}

using Npgsql;

namespace TfeBackup.Engine.Settings;

/// <summary>
/// Reads an installation's settings and tells everything that is wrong with them at once. A misspelt name is an error too: an option that
/// is silently not in force is found when it is too late.
/// </summary>
public sealed class InstallationSettingsReader
{
    private readonly SettingsForm _form;
    private readonly string? _name;
    private readonly Action<string, string> _problem;

    private InstallationSettingsReader(SettingsForm form, string? name, Action<string, string> problem)
    {
        _form = form;
        _name = name;
        _problem = problem;
    }

    /// <summary>Reads the settings of one installation.</summary>
    /// <param name="values">The pairs of key and value in its section, keys relative to it.</param>
    /// <param name="path">The section's path, for messages.</param>
    /// <param name="form">Whether they hold secrets or name them.</param>
    /// <param name="name">The installation's name; null to read the setting <c>Name</c>.</param>
    /// <param name="others">Settings of the section that somebody else reads.</param>
    /// <param name="problem">Told of every problem: the setting's full path, and what was expected. Never a value that may be secret.</param>
    /// <returns>The settings; of use only if there was no problem.</returns>
    public static InstallationSettings Read(
        IEnumerable<KeyValuePair<string, string?>> values,
        string path,
        SettingsForm form,
        string? name,
        IReadOnlyCollection<string> others,
        Action<string, string> problem)
    {
        return new InstallationSettingsReader(form, name, problem).ReadInstallation(SettingsNode.Of(values, path, problem), others);
    }

    private bool Named => _form == SettingsForm.WithNamesOfSecrets;

    private InstallationSettings ReadInstallation(SettingsNode node, IReadOnlyCollection<string> others)
    {
        node.AllowOnly(
        [
            .. _name is null ? ["Name"] : Array.Empty<string>(), .. others, "Postgres",
            .. Named ? ["PostgresPasswordSecret", "PostgresEntra"] : Array.Empty<string>(),
            "Schemas", "Exclude", "BookkeepingTables", "ProductVersion", "ObjectStore", "Vault",
        ]);
        var vault = node.Section("Vault").Exists ? ReadVault(node.Section("Vault")) : null;
        var settings = new InstallationSettings
        {
            Name = _name ?? node.Required("Name", "the installation's name, such as 'tfe-production'"),
            Postgres = node.Required(
                "Postgres", $"an Npgsql connection string such as 'Host=db.example;Database=tfe;Username=tfe{(Named ? "" : ";Password=…")}'"),
            PostgresPasswordSecret = Named ? NullIfEmpty(node["PostgresPasswordSecret"]) : null,
            PostgresEntra = Named && node.Boolean("PostgresEntra", otherwise: false),
            Schemas = node.List("Schemas") is { Count: > 0 } schemas ? schemas : ["public"],
            Exclude = node.List("Exclude"),
            BookkeepingTables = node.List("BookkeepingTables"),
            ProductVersion = node["ProductVersion"] ?? "unknown",
            ObjectStore = ReadObjectStore(node.Section("ObjectStore"), vault, node.Path),
            Vault = vault,
        };
        CheckPostgres(node, settings.Postgres);
        if (settings is { PostgresEntra: true, PostgresPasswordSecret: not null })
        {
            node.Wrong("PostgresPasswordSecret", "none where PostgresEntra is true: a token is the password then");
        }

        foreach (var name in settings.Exclude.Where(name => !name.Contains('.', StringComparison.Ordinal)))
        {
            node.Wrong("Exclude", $"names of the form schema.relation; found '{name}'");
        }

        return settings;
    }

    private ObjectStoreSettings ReadObjectStore(SettingsNode node, VaultSettings? vault, string installation)
    {
        var connectionString = Named ? "ConnectionStringSecret" : "ConnectionString";
        node.AllowOnly(["Kind", "Path", connectionString, "ServiceUri", "Container", "Encrypted"]);
        var kindText = node.Required("Kind", "'Directory' (a mounted disk) or 'AzureBlob'");
        if (!Enum.TryParse<ObjectStoreKind>(kindText, ignoreCase: true, out var kind) || int.TryParse(kindText, out _))
        {
            if (kindText.Length > 0)
            {
                node.Wrong("Kind", $"'Directory' or 'AzureBlob'; found '{kindText}'");
            }
        }
        else if (kind == ObjectStoreKind.Directory)
        {
            var path = node.Required("Path", "the directory that holds the objects");
            if (path.Length > 0 && !Directory.Exists(path))
            {
                node.Wrong("Path", $"an existing directory that holds the objects; '{path}' is none (is the disk mounted?)");
            }
        }
        else
        {
            node.ExactlyOne(connectionString, "ServiceUri");
            node.Required("Container", "the name of the container that holds the objects");
        }

        var encrypted = node.Boolean("Encrypted", vault is not null);
        if (encrypted && vault is null)
        {
            node.Wrong("Encrypted", $"'false' where there is no section {installation}:Vault");
        }

        if (encrypted && vault is { App: null, ObjectKey: null })
        {
            _problem(
                $"{installation}:Vault:App or {installation}:Vault:ObjectKey",
                "expected one of them, to name the Transit key that objects are encrypted under");
        }

        return new ObjectStoreSettings
        {
            Kind = kind,
            Path = node["Path"],
            ConnectionString = Named ? null : node["ConnectionString"],
            ConnectionStringSecret = Named ? NullIfEmpty(node["ConnectionStringSecret"]) : null,
            ServiceUri = node.Address("ServiceUri", required: false),
            Container = node["Container"],
            Encrypted = encrypted,
        };
    }

    private VaultSettings ReadVault(SettingsNode node)
    {
        var token = Named ? "TokenSecret" : "Token";
        node.AllowOnly(["Address", token, "TokenFile", "Mount", "App", "ObjectKey", "Columns"]);
        node.ExactlyOne(token, "TokenFile");
        if (node["TokenFile"] is { Length: > 0 } file && !File.Exists(file))
        {
            node.Wrong("TokenFile", $"an existing file that holds the Vault token; '{file}' is none");
        }

        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        var section = node.Section("Columns");
        foreach (var column in section.Names)
        {
            if (column.Split('.').Length != 3 || string.IsNullOrWhiteSpace(section[column]))
            {
                node.Wrong("Columns", $"entries of the form schema.table.column = Transit key; found '{column}' = '{section[column]}'");
            }
            else
            {
                columns[column] = section[column]!;
            }
        }

        return new VaultSettings
        {
            Address = node.Address("Address", required: true) ?? new Uri("http://invalid"),
            Token = Named ? null : NullIfEmpty(node["Token"]),
            TokenFile = NullIfEmpty(node["TokenFile"]),
            TokenSecret = Named ? NullIfEmpty(node["TokenSecret"]) : null,
            Mount = (node["Mount"] ?? "transit").Trim('/'),
            App = NullIfEmpty(node["App"]),
            ObjectKey = NullIfEmpty(node["ObjectKey"]),
            Columns = columns,
        };
    }

    private void CheckPostgres(SettingsNode node, string connectionString)
    {
        if (connectionString.Length == 0)
        {
            return;
        }

        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString);
            if (string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database))
            {
                node.Wrong("Postgres", "a connection string with at least Host and Database");
            }

            if (Named && !string.IsNullOrEmpty(builder.Password))
            {
                node.Wrong("Postgres", "a connection string without a password; name the secret that holds it as PostgresPasswordSecret");
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The message may quote a part of the string, and the string holds the password.
            node.Wrong("Postgres", "an Npgsql connection string (keyword=value pairs separated by semicolons, not a postgres:// address); this one cannot be read");
        }
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

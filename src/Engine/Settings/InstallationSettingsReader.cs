using Npgsql;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine.Settings;

/// <summary>Reads an installation's settings and reports everything that is wrong with them.</summary>
public sealed class InstallationSettingsReader
{
    // What says that a column is not encrypted; an empty text does, too, where a host lets one through.
    private const string NotEncrypted = "none";

    private readonly SettingsForm _form;

    private InstallationSettingsReader(SettingsForm form) => _form = form;

    /// <summary>Reads the settings of one installation.</summary>
    /// <param name="node">Its section.</param>
    /// <param name="form">The form of the secrets in them.</param>
    /// <param name="name">The installation's name; null to read the setting <c>Name</c>.</param>
    /// <returns>The settings; of use only if there was no fault.</returns>
    public static InstallationSettings Read(SettingsNode node, SettingsForm form, string? name)
    {
        ArgumentNullException.ThrowIfNull(node);
        return new InstallationSettingsReader(form).ReadInstallation(node, name);
    }

    private bool Named => _form == SettingsForm.WithNamesOfSecrets;

    private InstallationSettings ReadInstallation(SettingsNode node, string? name)
    {
        var vault = node.Section("Vault").Exists ? ReadVault(node.Section("Vault")) : null;
        var settings = new InstallationSettings
        {
            Name = name ?? node.Required("Name", "the installation's name, such as 'tfe-production'"),
            Postgres = node.Required(
                "Postgres", $"an Npgsql connection string such as 'Host=db.example;Database=tfe;Username=tfe{(Named ? "" : ";Password=…")}'"),
            PostgresPasswordSecret = Named ? node.Text("PostgresPasswordSecret") : null,
            PostgresEntra = node.Flag("PostgresEntra"),
            Schemas = node.List("Schemas"),
            Exclude = node.List("Exclude"),
            BookkeepingTables = node.List("BookkeepingTables"),
            ProductVersion = node.Text("ProductVersion") ?? "unknown",
            ObjectStore = ReadObjectStore(node.Section("ObjectStore"), vault, node),
            Vault = vault,
        };
        CheckPostgres(node, settings.Postgres, settings.PostgresEntra);
        if (settings is { PostgresEntra: true, PostgresPasswordSecret: not null })
        {
            node.NotAllowed("PostgresPasswordSecret", "when PostgresEntra is true: the token is the password");
        }

        foreach (var excluded in settings.Exclude.Where(excluded => !excluded.Contains('.', StringComparison.Ordinal)))
        {
            node.Report("Exclude", $": found '{excluded}'; expected names of the form schema.relation, or schema.* for a whole schema");
        }

        return settings;
    }

    private ObjectStoreSettings ReadObjectStore(SettingsNode node, VaultSettings? vault, SettingsNode installation)
    {
        var connectionString = Named ? "ConnectionStringSecret" : "ConnectionString";
        var kind = node.Choice<ObjectStoreKind>("Kind", required: true);
        var path = node.Text("Path");
        if (kind == ObjectStoreKind.Directory)
        {
            if (path is null || !Directory.Exists(path))
            {
                node.AddError("Path", "an existing directory that holds the objects (is the disk mounted?)");
            }
        }
        else if (kind == ObjectStoreKind.AzureBlob)
        {
            node.ExactlyOne(connectionString, "ServiceUri");
            node.Required("Container", "the name of the container that holds the objects");
        }

        var encrypted = node.Flag("Encrypted", otherwise: vault is not null);
        if (encrypted && vault is null)
        {
            node.AddError("Encrypted", $"false when there is no section {installation.Path}:Vault");
        }

        if (encrypted && vault is { App: null, ObjectKey: null })
        {
            installation.Section("Vault").Report(
                "App", $" is missing; expected it or {installation.Path}:Vault:ObjectKey, to name the Transit key that objects are encrypted under");
        }

        return new ObjectStoreSettings
        {
            Kind = kind ?? default,
            Path = path,
            ConnectionString = Named ? null : node.Text("ConnectionString"),
            ConnectionStringSecret = Named ? node.Text("ConnectionStringSecret") : null,
            ServiceUri = node.Address("ServiceUri"),
            Container = node.Text("Container"),
            Encrypted = encrypted,
            Exclude = node.List("Exclude"),
        };
    }

    private VaultSettings ReadVault(SettingsNode node)
    {
        var token = Named ? "TokenSecret" : "Token";
        var secretId = Named ? "SecretIdSecret" : "SecretId";
        node.ExactlyOne(token, "TokenFile", "RoleId");
        if (node.Text("TokenFile") is { Length: > 0 } file && !File.Exists(file))
        {
            node.AddError("TokenFile", "an existing file that holds the Vault token");
        }

        CheckAppRole(node, secretId);
        if (node.Text("CaFile") is { Length: > 0 } authority && !File.Exists(authority))
        {
            node.AddError("CaFile", "an existing file of certificates (PEM)");
        }

        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        var section = node.Section("Columns");
        foreach (var column in section.ReadNames())
        {
            if (column.Split('.').Length != 3 && SettingName.Parse(column)?.Length != 3)
            {
                section.AllowAll();
                node.Report("Columns", $": found '{column}'; expected entries of the form schema.table.column = Transit key, or none");
            }
            else
            {
                columns[column] = section.Text(column) is { } key && key != NotEncrypted ? key : "";
            }
        }

        return new VaultSettings
        {
            Address = node.RequiredAddress("Address"),
            Token = Named ? null : node.Text("Token"),
            TokenFile = node.Text("TokenFile"),
            TokenSecret = Named ? node.Text("TokenSecret") : null,
            RoleId = node.Text("RoleId"),
            SecretId = Named ? null : node.Text("SecretId"),
            SecretIdFile = node.Text("SecretIdFile"),
            SecretIdSecret = Named ? node.Text("SecretIdSecret") : null,
            AuthMount = (node.Text("AuthMount") ?? "approle").Trim('/'),
            Namespace = node.Text("Namespace")?.Trim('/'),
            CaFile = node.Text("CaFile"),
            Mount = (node.Text("Mount") ?? "transit").Trim('/'),
            App = node.Text("App"),
            ObjectKey = node.Text("ObjectKey"),
            Columns = columns,
        };
    }

    private static void CheckAppRole(SettingsNode node, string secretId)
    {
        if (node.Text("RoleId") is null)
        {
            foreach (var name in ((string[])[secretId, "SecretIdFile", "AuthMount"]).Where(name => node.Text(name) is not null))
            {
                node.NotAllowed(name, "without RoleId");
            }

            return;
        }

        // A role can be made to need no secret id (bind_secret_id=false), so there may be none.
        if (node.Text(secretId) is not null && node.Text("SecretIdFile") is not null)
        {
            node.ExactlyOne(secretId, "SecretIdFile");
        }

        if (node.Text("SecretIdFile") is { Length: > 0 } file && !File.Exists(file))
        {
            node.AddError("SecretIdFile", "an existing file that holds the secret id");
        }
    }

    private void CheckPostgres(SettingsNode node, string connectionString, bool isEntra)
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
                node.AddSecretError("Postgres", "a connection string with at least Host and Database");
            }

            if (isEntra && !string.IsNullOrEmpty(builder.Password))
            {
                node.AddSecretError("Postgres", "a connection string without a password when PostgresEntra is true: the token is the password");
            }
            else if (Named && !string.IsNullOrEmpty(builder.Password))
            {
                node.AddSecretError("Postgres", "a connection string without a password; name the secret that holds it as PostgresPasswordSecret");
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The message may quote a part of the string, and the string holds the password.
            node.AddSecretError("Postgres", "an Npgsql connection string (keyword=value pairs separated by semicolons, not a postgres:// address)");
        }
    }
}

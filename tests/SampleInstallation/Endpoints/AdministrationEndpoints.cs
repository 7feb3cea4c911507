using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using TfeBackup.SampleInstallation.Data;
using TfeBackup.SampleInstallation.Objects;
using TfeBackup.SampleInstallation.Security;
using TfeBackup.SampleInstallation.Vault;

namespace TfeBackup.SampleInstallation.Endpoints;

/// <summary>Workspaces, their variables and their states, and users, below <c>/api/v1</c>.</summary>
internal static class AdministrationEndpoints
{
    public static void MapAdministration(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces", (InstallationCache cache) => cache.Workspaces.Values.OrderBy(w => w.Name, StringComparer.Ordinal).Select(Describe));
        routes.MapPost("/workspaces", CreateWorkspaceAsync);
        routes.MapGet("/workspaces/{name}/state-versions", ListStateVersionsAsync);
        routes.MapGet("/workspaces/{name}/state-versions/{number:int}", ReadStateVersionAsync);
        routes.MapGet("/workspaces/{name}/variables", ListVariablesAsync);
        routes.MapPost("/workspaces/{name}/variables", SetVariableAsync);
        routes.MapPost("/summaries/refresh", async (NpgsqlDataSource database, CancellationToken cancellationToken) =>
        {
            await database.Command("REFRESH MATERIALIZED VIEW workspace_summaries").ExecuteAsync(cancellationToken);
            return Results.NoContent();
        });
        routes.MapPost("/users", (NewUser user, HttpContext http, InstallationCache cache, NpgsqlDataSource database, VaultTransit vault, CancellationToken cancellationToken) =>
            CreateUserAsync(user, BasicAuthentication.UserOf(http).Name, cache, database, vault, cancellationToken));
    }

    /// <summary>The first user, which nobody can create but whoever set the installation up.</summary>
    public static Task<IResult> CreateFirstUserAsync(
        NewUser user, InstallationCache cache, NpgsqlDataSource database, VaultTransit vault, CancellationToken cancellationToken) =>
        cache.Users.IsEmpty
            ? CreateUserAsync(user with { Role = "admin" }, user.Name ?? "", cache, database, vault, cancellationToken)
            : Task.FromResult(Results.StatusCode(StatusCodes.Status403Forbidden));

    private static async Task<IResult> CreateUserAsync(
        NewUser user, string actor, InstallationCache cache, NpgsqlDataSource database, VaultTransit vault, CancellationToken cancellationToken)
    {
        var role = user.Role ?? "reader";
        if (string.IsNullOrWhiteSpace(user.Name) || user.Name.Contains(':', StringComparison.Ordinal) || string.IsNullOrEmpty(user.Password)
            || role is not ("reader" or "writer" or "admin"))
        {
            return Results.BadRequest("Expected a name without colon, a password, and reader, writer or admin for a role.");
        }

        var hash = PasswordHash.Create(user.Password);
        var secret = user.OtpSecret is null ? null : await vault.EncryptTextAsync(vault.ColumnKey("users", "otp_secret"), user.OtpSecret, cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var insert = connection.Command(
            "INSERT INTO users (name, role, password_hash, otp_secret_encrypted) VALUES ($1, $2::user_role, $3, $4::text) ON CONFLICT DO NOTHING RETURNING id",
            user.Name, role, hash, secret);
        if (await insert.ExecuteScalarAsync(cancellationToken) is not long id)
        {
            return Results.Conflict("There is a user of that name.");
        }

        await Audit.WriteAsync(connection, actor, "user.created", Detail("user", user.Name), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        cache.Users[user.Name] = new User(id, user.Name, role, hash);
        return Results.StatusCode(StatusCodes.Status201Created);
    }

    private static async Task<IResult> CreateWorkspaceAsync(
        NewWorkspace workspace, HttpContext http, InstallationCache cache, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(workspace.Name))
        {
            return Results.BadRequest("Expected a name.");
        }

        var externalId = $"ws-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        var settings = workspace.Settings?.GetRawText() ?? "{}";
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        long? id = null;
        try
        {
            // The settings as the database gives them back, so that this process serves what any other would.
            await foreach (var row in connection.Command(
                """
                INSERT INTO workspaces (external_id, name, description, tags, settings) VALUES ($1, $2, $3, $4, $5::jsonb)
                ON CONFLICT DO NOTHING RETURNING id, settings::text
                """,
                externalId, workspace.Name, workspace.Description ?? "", workspace.Tags?.ToArray() ?? [], settings).RowsAsync(cancellationToken))
            {
                (id, settings) = (row.GetInt64(0), row.GetString(1));
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation)
        {
            return Results.BadRequest("A workspace's name has 1 to 90 letters, digits, underscores and hyphens.");
        }

        if (id is null)
        {
            return Results.Conflict("There is a workspace of that name.");
        }

        await Audit.WriteAsync(connection, BasicAuthentication.UserOf(http).Name, "workspace.created", Detail("workspace", workspace.Name), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        var json = JsonSerializer.Deserialize(settings, ApiJson.Default.JsonElement);
        cache.Workspaces[workspace.Name] = new Workspace(id.Value, externalId, workspace.Name, workspace.Description ?? "", workspace.Tags ?? [], json, null);
        return Results.StatusCode(StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListStateVersionsAsync(string name, InstallationCache cache, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        if (!cache.Workspaces.TryGetValue(name, out var workspace))
        {
            return Results.NotFound();
        }

        var versions = new List<StateVersionBody>();
        await foreach (var row in SelectStateVersions(database, workspace, null).RowsAsync(cancellationToken))
        {
            versions.Add(Describe(InstallationCache.ReadStateVersion(row, 0)));
        }

        return Results.Ok<IEnumerable<StateVersionBody>>(versions);
    }

    private static async Task<IResult> ReadStateVersionAsync(
        string name, int number, InstallationCache cache, NpgsqlDataSource database, EncryptedObjects objects, CancellationToken cancellationToken)
    {
        if (!cache.Workspaces.TryGetValue(name, out var workspace))
        {
            return Results.NotFound();
        }

        await foreach (var row in SelectStateVersions(database, workspace, number).RowsAsync(cancellationToken))
        {
            return await objects.ReadAsync(InstallationCache.ReadStateVersion(row, 0).ObjectKey, cancellationToken) is { } body
                ? Results.Bytes(body, "application/json")
                : Results.NotFound();
        }

        return Results.NotFound();
    }

    private static NpgsqlCommand SelectStateVersions(NpgsqlDataSource database, Workspace workspace, int? number) =>
        database.Command(
            """
            SELECT id, number, serial, lineage, md5, size, object_key, created_at FROM state_versions
            WHERE workspace_id = $1 AND number = coalesce($2::integer, number) ORDER BY number
            """,
            workspace.Id,
            number);

    private static async Task<IResult> ListVariablesAsync(
        string name, InstallationCache cache, NpgsqlDataSource database, VaultTransit vault, CancellationToken cancellationToken)
    {
        if (!cache.Workspaces.TryGetValue(name, out var workspace))
        {
            return Results.NotFound();
        }

        var variables = new List<Variable>();
        await foreach (var row in database.Command(
            """
            SELECT category::text, key, description, sensitive, coalesce(value, value_encrypted, '') FROM variables
            WHERE workspace_id = $1 ORDER BY category, key
            """,
            workspace.Id).RowsAsync(cancellationToken))
        {
            variables.Add(new Variable(row.GetString(0), row.GetString(1), row.GetString(2), row.GetBoolean(3), row.GetString(4)));
        }

        var secrets = await vault.DecryptTextsAsync(
            vault.ColumnKey("variables", "value"), [.. variables.Where(v => v.Sensitive).Select(v => v.Value)], cancellationToken);
        var next = 0;
        return Results.Ok<IEnumerable<VariableBody>>(
            [.. variables.Select(v => new VariableBody(v.Key, v.Sensitive ? secrets[next++] : v.Value, v.Category, v.Sensitive, v.Description))]);
    }

    private static async Task<IResult> SetVariableAsync(
        string name, VariableBody variable, HttpContext http, InstallationCache cache, NpgsqlDataSource database, VaultTransit vault, CancellationToken cancellationToken)
    {
        if (!cache.Workspaces.TryGetValue(name, out var workspace))
        {
            return Results.NotFound();
        }

        var category = variable.Category ?? "terraform";
        if (string.IsNullOrEmpty(variable.Key) || variable.Value is null || category is not ("terraform" or "env"))
        {
            return Results.BadRequest("Expected a key, a value, and terraform or env for a category.");
        }

        var encrypted = variable.Sensitive ? await vault.EncryptTextAsync(vault.ColumnKey("variables", "value"), variable.Value, cancellationToken) : null;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.Command(
            """
            INSERT INTO variables (workspace_id, category, key, description, sensitive, value, value_encrypted)
            VALUES ($1, $2::variable_category, $3, $4, $5, $6::text, $7::text)
            ON CONFLICT (workspace_id, category, key) DO UPDATE SET
                description = excluded.description, sensitive = excluded.sensitive, value = excluded.value, value_encrypted = excluded.value_encrypted
            """,
            workspace.Id,
            category,
            variable.Key,
            variable.Description ?? "",
            variable.Sensitive,
            variable.Sensitive ? null : variable.Value,
            encrypted).ExecuteAsync(cancellationToken);
        await Audit.WriteAsync(connection, BasicAuthentication.UserOf(http).Name, "variable.set", Detail("workspace", name), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Results.NoContent();
    }

    private static WorkspaceBody Describe(Workspace workspace) =>
        new(workspace.ExternalId, workspace.Name, workspace.Description, workspace.Tags, workspace.Settings, workspace.Current is { } current ? Describe(current) : null);

    private static StateVersionBody Describe(StateVersion version) =>
        new(version.Number, version.Serial, version.Lineage, Convert.ToHexStringLower(version.Md5), version.Size, version.CreatedAt);

    private static string Detail(string name, string value) => $$"""{"{{name}}":{{JsonSerializer.Serialize(value, ApiJson.Default.String)}}}""";
}

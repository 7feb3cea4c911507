using System.Text;
using System.Text.Json;
using Npgsql;
using TfeBackup.SampleInstallation.Data;
using TfeBackup.SampleInstallation.Objects;
using TfeBackup.SampleInstallation.Security;

namespace TfeBackup.SampleInstallation.Endpoints;

/// <summary>The protocol of Terraform's <c>http</c> backend on <c>/state/{workspace}</c>.</summary>
internal static class StateEndpoints
{
    private const string Json = "application/json";

    public static void MapState(this IEndpointRouteBuilder routes)
    {
        var state = routes.MapGroup("/state/{workspace}");
        state.MapGet("", ReadAsync);
        state.MapPost("", WriteAsync);
        state.MapDelete("", DeleteAsync);
        state.MapMethods("", ["LOCK"], LockAsync);
        state.MapMethods("", ["UNLOCK"], UnlockAsync);
    }

    private static async Task<IResult> ReadAsync(
        string workspace, HttpContext http, InstallationCache cache, EncryptedObjects objects, CancellationToken cancellationToken)
    {
        if (!cache.Workspaces.TryGetValue(workspace, out var found))
        {
            return Results.NotFound();
        }

        if (found.Current is not { } current)
        {
            return Results.NoContent();
        }

        var body = await objects.ReadAsync(current.ObjectKey, cancellationToken)
            ?? throw new InvalidDataException($"The state of workspace {workspace} is not in the object store.");
        http.Response.Headers.ContentMD5 = Convert.ToBase64String(current.Md5);
        return Results.Bytes(body, Json);
    }

    private static async Task<IResult> WriteAsync(
        string workspace, HttpContext http, InstallationCache cache, StateWriter states, CancellationToken cancellationToken)
    {
        if (!cache.Workspaces.TryGetValue(workspace, out var found))
        {
            return Results.NotFound();
        }

        var body = await ReadBodyAsync(http, cancellationToken);
        if (http.Request.Headers.ContentMD5 is [{ } expected] && expected != Convert.ToBase64String(ContentMd5.Compute(body)))
        {
            return Results.BadRequest("The body does not have the MD5 that Content-MD5 gives.");
        }

        try
        {
            return Answer(await states.WriteAsync(found, body, http.Request.Query["ID"], BasicAuthentication.UserOf(http), cancellationToken));
        }
        catch (JsonException)
        {
            return Results.BadRequest("The body is no Terraform state.");
        }
    }

    private static async Task<IResult> DeleteAsync(
        string workspace, HttpContext http, InstallationCache cache, StateWriter states, CancellationToken cancellationToken) =>
        cache.Workspaces.TryGetValue(workspace, out var found)
            ? Answer(await states.DeleteAsync(found, http.Request.Query["ID"], BasicAuthentication.UserOf(http), cancellationToken))
            : Results.NotFound();

    private static async Task<IResult> LockAsync(
        string workspace, HttpContext http, InstallationCache cache, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        if (!cache.Workspaces.TryGetValue(workspace, out var found))
        {
            return Results.NotFound();
        }

        var info = await ReadBodyAsync(http, cancellationToken);
        if (ReadLockId(info) is not { } id)
        {
            return Results.BadRequest("The body is no lock information.");
        }

        while (true)
        {
            var taken = await database.Command(
                "INSERT INTO locks (workspace_id, lock_id, info, held_by) VALUES ($1, $2, $3, $4) ON CONFLICT (workspace_id) DO NOTHING",
                found.Id, id, Encoding.UTF8.GetString(info), BasicAuthentication.UserOf(http).Id).ExecuteAsync(cancellationToken);
            if (taken == 1)
            {
                return Results.Ok();
            }

            // Whoever held it may have let go in between; then it is free for another attempt.
            if (await FindLockAsync(database, found, cancellationToken) is { } held)
            {
                return Answer(held);
            }
        }
    }

    private static async Task<IResult> UnlockAsync(
        string workspace, HttpContext http, InstallationCache cache, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        if (!cache.Workspaces.TryGetValue(workspace, out var found))
        {
            return Results.NotFound();
        }

        // Without a lock's information it is `terraform force-unlock`, whoever holds the lock.
        var id = ReadLockId(await ReadBodyAsync(http, cancellationToken));
        await database.Command("DELETE FROM locks WHERE workspace_id = $1 AND lock_id = coalesce($2::text, lock_id)", found.Id, id).ExecuteAsync(cancellationToken);
        return Answer(await FindLockAsync(database, found, cancellationToken));
    }

    private static IResult Answer(string? lockInfo) =>
        lockInfo is null ? Results.Ok() : Results.Text(lockInfo, Json, Encoding.UTF8, StatusCodes.Status423Locked);

    private static async Task<string?> FindLockAsync(NpgsqlDataSource database, Workspace workspace, CancellationToken cancellationToken)
    {
        await foreach (var row in database.Command("SELECT info FROM locks WHERE workspace_id = $1", workspace.Id).RowsAsync(cancellationToken))
        {
            return row.GetString(0);
        }

        return null;
    }

    private static string? ReadLockId(byte[] info)
    {
        if (info.Length == 0)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(info);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("ID", out var id) && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContext http, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }
}

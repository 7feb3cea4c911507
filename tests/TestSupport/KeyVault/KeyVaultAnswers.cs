using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace TfeBackup.TestSupport.KeyVault;

/// <summary>What a vault answers, in the form of its REST reference.</summary>
internal static class KeyVaultAnswers
{
    private static readonly string[] ApiVersions = ["7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"];

    public static bool Knows(string? apiVersion) => ApiVersions.Contains(apiVersion);

    public static IResult Error(int status, string code, string message, string? inner = null)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = message };
        if (inner is not null)
        {
            error["innererror"] = new JsonObject { ["code"] = inner };
        }

        return Json(status, new JsonObject { ["error"] = error });
    }

    public static IResult Bundle(Uri vault, string name, KeyVaultVersion version)
    {
        var bundle = Describe(vault, name, version);
        bundle["value"] = version.Value;
        return Json(200, bundle);
    }

    public static IResult DeletedBundle(Uri vault, string name, KeyVaultVersion version, DateTimeOffset deleted)
    {
        var bundle = Describe(vault, name, version);
        bundle["recoveryId"] = new Uri(vault, $"/deletedsecrets/{name}").AbsoluteUri;
        bundle["deletedDate"] = deleted.ToUnixTimeSeconds();
        bundle["scheduledPurgeDate"] = deleted.AddDays(90).ToUnixTimeSeconds();
        return Json(200, bundle);
    }

    private static JsonObject Describe(Uri vault, string name, KeyVaultVersion version)
    {
        var attributes = new JsonObject
        {
            ["enabled"] = version.Enabled,
            ["created"] = version.Created.ToUnixTimeSeconds(),
            ["updated"] = version.Created.ToUnixTimeSeconds(),
            ["recoveryLevel"] = "Recoverable+Purgeable",
            ["recoverableDays"] = 90,
        };
        if (version.Expires is { } expires)
        {
            attributes["exp"] = expires.ToUnixTimeSeconds();
        }

        if (version.NotBefore is { } notBefore)
        {
            attributes["nbf"] = notBefore.ToUnixTimeSeconds();
        }

        return new JsonObject { ["id"] = new Uri(vault, $"/secrets/{name}/{version.Id}").AbsoluteUri, ["attributes"] = attributes };
    }

    private static IResult Json(int status, JsonObject body) => Results.Text(body.ToJsonString(), "application/json; charset=utf-8", statusCode: status);
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace TfeBackup.TestSupport.Transit;

/// <summary>The paths of a Transit mount.</summary>
internal sealed class TransitRoutes(ConcurrentDictionary<string, TransitKey> keys)
{
    /// <summary>Under this name a request's <see cref="HttpContext.Items"/> say how many values it carried.</summary>
    public const string ItemsKey = "transit items";

    private const string NoKey = "encryption key not found";

    /// <summary>An answer with this JSON.</summary>
    public static IResult Json(int status, string json) => Results.Text(json, "application/json", statusCode: status);

    /// <summary>An answer that holds Vault's form of an error.</summary>
    public static IResult Error(int status, string message) =>
        Json(status, new JsonObject { ["errors"] = new JsonArray(message) }.ToJsonString());

    /// <summary>Maps the paths below <c>/v1/&lt;mount&gt;</c>.</summary>
    public void Map(IEndpointRouteBuilder routes, string mount)
    {
        var transit = routes.MapGroup($"/v1/{mount}");
        string[] write = ["POST", "PUT"];
        transit.MapMethods("/keys", ["LIST", "GET"], ListKeys);
        transit.MapGet("/keys/{name}", (string name) => keys.TryGetValue(name, out var key) ? Describe(name, key) : Error(404, NoKey));
        transit.MapMethods("/keys/{name}", write, (string name) => Describe(name, keys.GetOrAdd(name, _ => new TransitKey())));
        transit.MapDelete("/keys/{name}", DeleteKey);
        transit.MapMethods("/keys/{name}/rotate", write, RotateKey);
        transit.MapMethods("/keys/{name}/config", write, (HttpContext context, string name) => WithBodyAsync(context, body => ConfigureKey(name, body)));
        transit.MapMethods("/encrypt/{name}", write, (HttpContext context, string name) => WithBodyAsync(context, body => Encrypt(context, name, body)));
        transit.MapMethods("/decrypt/{name}", write, (HttpContext context, string name) => WithBodyAsync(context, body => Decrypt(context, name, body)));
        transit.MapMethods("/rewrap/{name}", write, (HttpContext context, string name) => WithBodyAsync(context, body => Rewrap(context, name, body)));
        transit.MapMethods("/datakey/{kind}/{name}", write, (HttpContext context, string kind, string name) => WithBodyAsync(context, body => DataKey(kind, name, body)));
    }

    private static async Task<IResult> WithBodyAsync(HttpContext context, Func<JsonObject, IResult> serve)
    {
        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Error(413, "http: request body too large");
        }

        try
        {
            if (body.Length == 0)
            {
                return serve([]);
            }

            var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
            TransitLimits.Check(bytes);
            return JsonNode.Parse(bytes) is JsonObject json ? serve(json) : Error(400, "failed to parse JSON input: an object is expected");
        }
        catch (TransitRefusal refusal)
        {
            return Error(400, refusal.Message);
        }
    }

    private static string? Text(JsonObject json, string name) =>
        json[name] switch
        {
            null => null,
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            _ => throw new TransitRefusal($"Field validation failed: error converting input for field \"{name}\""),
        };

    private static int? Number(JsonObject json, string name) =>
        json[name] switch
        {
            null => null,
            JsonValue value when value.GetValueKind() == JsonValueKind.Number => value.GetValue<int>(),
            _ => throw new TransitRefusal($"Field validation failed: error converting input for field \"{name}\""),
        };

    private static IResult Describe(string name, TransitKey key)
    {
        var versions = new JsonObject();
        foreach (var (version, created) in key.Versions)
        {
            versions[version.ToString(CultureInfo.InvariantCulture)] = created.ToUnixTimeSeconds();
        }

        return Data(new JsonObject
        {
            ["name"] = name,
            ["type"] = "aes256-gcm96",
            ["latest_version"] = key.LatestVersion,
            ["min_decryption_version"] = key.MinDecryptionVersion,
            ["min_encryption_version"] = 0,
            ["deletion_allowed"] = key.DeletionAllowed,
            ["derived"] = false,
            ["exportable"] = false,
            ["supports_decryption"] = true,
            ["supports_encryption"] = true,
            ["keys"] = versions,
        });
    }

    private static IResult Data(JsonObject data, int status = 200) => Json(status, new JsonObject { ["data"] = data }.ToJsonString());

    private static IResult Each(
        HttpContext context, JsonObject body, string field, Func<string, JsonObject> one)
    {
        if (!body.ContainsKey("batch_input"))
        {
            context.Items[ItemsKey] = 1;
            return Data(one(Text(body, field) ?? throw new TransitRefusal($"missing {field}")));
        }

        if (body["batch_input"] is not JsonArray { Count: > 0 } batch)
        {
            throw new TransitRefusal("missing batch input to process");
        }

        context.Items[ItemsKey] = batch.Count;
        var results = new JsonArray();
        var failed = 0;
        foreach (var node in batch)
        {
            var item = node as JsonObject ?? throw new TransitRefusal("failed to parse batch input");
            JsonObject result;
            try
            {
                result = one(Text(item, field) ?? throw new TransitRefusal($"missing {field}"));
            }
            catch (TransitRefusal refusal)
            {
                failed++;
                result = new JsonObject { ["error"] = refusal.Message };
            }

            if (Text(item, "reference") is { } reference)
            {
                result["reference"] = reference;
            }

            results.Add(result);
        }

        var status = failed == 0 ? 200
            : failed < batch.Count && Number(body, "partial_failure_response_code") is { } chosen ? chosen
            : 400;
        return Data(new JsonObject { ["batch_results"] = results }, status);
    }

    private TransitKey Key(string name) => keys.TryGetValue(name, out var key) ? key : throw new TransitRefusal(NoKey);

    private IResult ListKeys() =>
        keys.IsEmpty ? Json(404, """{"errors":[]}""") : Data(new JsonObject { ["keys"] = new JsonArray([.. keys.Keys.Order(StringComparer.Ordinal).Select(k => JsonValue.Create(k))]) });

    private IResult DeleteKey(string name)
    {
        if (!keys.TryGetValue(name, out var key))
        {
            return Error(400, "could not delete key; not found");
        }

        if (!key.DeletionAllowed)
        {
            return Error(400, "deletion is not allowed for this key");
        }

        keys.TryRemove(name, out _);
        return Results.NoContent();
    }

    private IResult RotateKey(string name)
    {
        if (!keys.TryGetValue(name, out var key))
        {
            return Error(400, "key not found");
        }

        key.Rotate();
        return Describe(name, key);
    }

    private IResult ConfigureKey(string name, JsonObject body)
    {
        var key = Key(name);
        if (Number(body, "min_decryption_version") is { } oldest)
        {
            if (oldest < 1 || oldest > key.LatestVersion)
            {
                throw new TransitRefusal($"cannot set min decryption version of {oldest}, latest key version is {key.LatestVersion}");
            }

            key.MinDecryptionVersion = oldest;
        }

        key.DeletionAllowed = body["deletion_allowed"] is { } allowed ? allowed.GetValue<bool>() : key.DeletionAllowed;
        return Describe(name, key);
    }

    private IResult Encrypt(HttpContext context, string name, JsonObject body) =>
        Each(context, body, "plaintext", plaintext =>
        {
            var (ciphertext, version) = keys.GetOrAdd(name, _ => new TransitKey()).Encrypt(plaintext);
            return new JsonObject { ["ciphertext"] = ciphertext, ["key_version"] = version };
        });

    private IResult Decrypt(HttpContext context, string name, JsonObject body)
    {
        var key = Key(name);
        return Each(context, body, "ciphertext", ciphertext => new JsonObject { ["plaintext"] = key.Decrypt(ciphertext) });
    }

    private IResult Rewrap(HttpContext context, string name, JsonObject body)
    {
        var key = Key(name);
        return Each(context, body, "ciphertext", old =>
        {
            var (ciphertext, version) = key.Encrypt(key.Decrypt(old));
            return new JsonObject { ["ciphertext"] = ciphertext, ["key_version"] = version };
        });
    }

    private IResult DataKey(string kind, string name, JsonObject body)
    {
        if (kind is not ("plaintext" or "wrapped"))
        {
            throw new TransitRefusal($"Invalid path, must be 'plaintext' or 'wrapped'");
        }

        var bits = Number(body, "bits") ?? 256;
        if (bits is not (128 or 256 or 512))
        {
            throw new TransitRefusal("invalid bit length");
        }

        var plaintext = RandomNumberGenerator.GetBytes(bits / 8);
        var (ciphertext, version) = Key(name).Encrypt(plaintext);
        var data = new JsonObject { ["ciphertext"] = ciphertext, ["key_version"] = version };
        if (kind == "plaintext")
        {
            data["plaintext"] = Convert.ToBase64String(plaintext);
        }

        return Data(data);
    }
}

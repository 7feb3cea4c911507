using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using TfeBackup.Server.Application;

namespace TfeBackup.Server.Api;

/// <summary>The JSON this API writes.</summary>
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(RestoreReport))]
[JsonSerializable(typeof(ApplicationReport))]
[JsonSerializable(typeof(ApplicationRequest))]
[JsonSerializable(typeof(string))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>For people with a terminal: quotes in reasons stay quotes. Nothing here is ever put into HTML.</summary>
    public static ApiJson Readable { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Http;

/// <summary>The API's answers.</summary>
internal static class ApiResults
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    /// <summary>200 and a document.</summary>
    public static IResult Document<T>(T document, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(document, type, statusCode: status);

    /// <summary>202: an operation goes on by itself; where to look for it, and when.</summary>
    public static IResult Accepted(HttpResponse response, OperationInstance operation)
    {
        response.Headers.Location = $"/api/operations/{operation.Id}";
        response.Headers[HeaderNames.RetryAfter] = LookAgain.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return Document(operation, ApiJson.Default.OperationInstance, StatusCodes.Status202Accepted);
    }

    /// <summary>The response to a failure, with the status of <see cref="FailureTable"/>.</summary>
    public static IResult Problem(OperationException failure)
    {
        var status = FailureTable.Of(failure.Error).HttpStatus;
        return TypedResults.Json(
            new ProblemDocument(failure.Error.ToString(), status, failure.Message, failure.Holder),
            ApiJson.Default.ProblemDocument,
            "application/problem+json",
            status);
    }
}

using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using TfeBackup.Workflows;

namespace TfeBackup.Functions.Http;

/// <summary>The API's answers.</summary>
internal static class ApiResults
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    /// <summary>200 and a document.</summary>
    public static IResult Document<T>(T document, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(document, type, statusCode: status);

    /// <summary>202: an operation goes on by itself; where to look for it, and when.</summary>
    public static IResult Accepted(HttpResponse response, OperationDocument operation)
    {
        response.Headers.Location = $"/api/operations/{operation.Id}";
        response.Headers[HeaderNames.RetryAfter] = LookAgain.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return Document(operation, ApiJson.Default.OperationDocument, StatusCodes.Status202Accepted);
    }

    /// <summary>What a failure means to a caller: the only place that says so.</summary>
    public static IResult Problem(WorkflowException failure, string? operation = null)
    {
        var status = failure.Error switch
        {
            WorkflowError.InvalidRequest or WorkflowError.Unsupported => StatusCodes.Status400BadRequest,
            WorkflowError.NotFound => StatusCodes.Status404NotFound,
            WorkflowError.Busy or WorkflowError.AlreadyExists or WorkflowError.TargetNotEmpty or WorkflowError.Immutable => StatusCodes.Status409Conflict,
            WorkflowError.InvalidConfiguration or WorkflowError.Unavailable => StatusCodes.Status503ServiceUnavailable,
            WorkflowError.Refused => StatusCodes.Status502BadGateway,
            _ => StatusCodes.Status500InternalServerError,
        };
        return TypedResults.Json(
            new ProblemDocument(failure.Error.ToString(), status, failure.Message, operation),
            ApiJson.Default.ProblemDocument,
            "application/problem+json",
            status);
    }
}

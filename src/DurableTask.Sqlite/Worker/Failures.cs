using DurableTask.Core;

namespace DurableTask.Sqlite.Worker;

/// <summary>Exceptions as they are recorded: with every inner cause, and the properties that the application wants kept.</summary>
internal static class Failures
{
    public static FailureDetails Describe(Exception exception, IExceptionPropertiesProvider? properties) => new(
        exception.GetType().FullName!,
        exception.Message,
        exception.StackTrace,
        exception.InnerException is { } inner ? Describe(inner, properties) : null,
        isNonRetriable: false,
        properties?.GetExceptionProperties(exception));

    public static FailureDetails NotFound(string errorType, string kind, string? name) =>
        new(errorType, $"No {kind} task named '{name}' was found.", null, null, isNonRetriable: true);
}

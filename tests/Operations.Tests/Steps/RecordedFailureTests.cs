using Microsoft.DurableTask;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Tests.Steps;

/// <summary>Failures as histories keep them, by the ways they come back.</summary>
public sealed class RecordedFailureTests
{
    private static readonly OperationFailure Failure = new(OperationError.InvalidConfiguration, "app settings: Store:Kind: expected one.\nStore:Path: missing.");

    [Fact]
    public void A_failure_of_several_lines_survives_a_host_that_keeps_the_first()
    {
        var recorded = new RecordedFailureException(Failure);
        var kept = recorded.Message.Split('\n')[0];

        Assert.Equal(Failure, RecordedFailureException.Read(Details(typeof(RecordedFailureException).FullName!, kept)));
    }

    [Fact]
    public void A_failure_that_was_kept_as_one_text_is_read_from_it()
    {
        var message = new RecordedFailureException(Failure).Message;

        Assert.Equal(Failure, RecordedFailureException.Read($"{typeof(RecordedFailureException).FullName}: {message}"));
        Assert.Equal(Failure, RecordedFailureException.Read(message));
    }

    [Theory]
    [InlineData("System.AggregateException", "One or more errors occurred. ({0})")]
    [InlineData("AggregateException", "One or more errors occurred. ({0})")]
    [InlineData("(unknown)", "One or more errors occurred. ({0})")]
    public void A_failure_that_was_wrapped_on_its_way_is_found(string type, string message)
    {
        var wrapped = message.Replace("{0}", new RecordedFailureException(Failure).Message, StringComparison.Ordinal);

        Assert.Equal(Failure, RecordedFailureException.Read(Details(type, wrapped)));
        Assert.Equal(Failure, RecordedFailureException.Read($"{type}: {wrapped}"));
        var colon = wrapped.IndexOf(": ", StringComparison.Ordinal);
        Assert.Equal(Failure, RecordedFailureException.Read(Details(wrapped[..colon], wrapped[(colon + 2)..])));
    }

    [Fact]
    public void A_failure_inside_another_is_found()
    {
        var inner = Details(typeof(RecordedFailureException).FullName!, new RecordedFailureException(Failure).Message);

        Assert.Equal(Failure, RecordedFailureException.Read(Details("System.AggregateException", "Two.") with { InnerFailure = inner }));
    }

    [Theory]
    [InlineData("Microsoft.Azure.WebJobs.Host.FunctionInvocationException", "Exception while executing function: Functions.VerifyBlob")]
    [InlineData("System.AggregateException", "One or more errors occurred. (A task was canceled.)")]
    [InlineData("System.AggregateException", "One or more errors occurred. (Seven: of nine)")]
    public void What_the_app_did_not_record_is_not_its_failure(string type, string message)
    {
        Assert.Null(RecordedFailureException.Find(Details(type, message)));
        Assert.Equal(OperationError.Internal, RecordedFailureException.Read(Details(type, message)).Error);
    }

    [Fact]
    public void What_nobody_foresaw_is_internal_and_says_its_type()
    {
        Assert.Equal(
            new OperationFailure(OperationError.Internal, "FormatException: seven"), RecordedFailureException.Read(Details("System.FormatException", "seven")));
        Assert.Equal(new OperationFailure(OperationError.Internal, "FormatException: seven"), RecordedFailureException.Read("System.FormatException: seven"));
        Assert.Equal(new OperationFailure(OperationError.Internal, "seven"), RecordedFailureException.Read("seven"));
    }

    private static TaskFailureDetails Details(string type, string message) => new(type, message, StackTrace: null, InnerFailure: null, Properties: null);
}

using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Tests.Model;

public sealed class RetryPolicyTests
{
    private static readonly RetryTimes Policy = new(6, TimeSpan.FromSeconds(10), 2, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));

    [Fact]
    public void Waits_grow_to_the_longest_and_end_with_the_attempts() =>
        Assert.Equal(
            [10, 20, 40, 60, 60, null],
            Enumerable.Range(1, 6).Select(attempts => Policy.NextDelay(attempts, TimeSpan.Zero)?.TotalSeconds));

    [Fact]
    public void No_attempt_begins_after_the_timeout()
    {
        Assert.NotNull(Policy.NextDelay(1, TimeSpan.FromMinutes(9.5)));
        Assert.Null(Policy.NextDelay(1, TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void A_thousand_attempts_do_not_outgrow_the_arithmetic() =>
        Assert.Equal(TimeSpan.FromHours(1), new RetryTimes(int.MaxValue, TimeSpan.FromSeconds(1), 10, TimeSpan.FromHours(1)).NextDelay(1_000, TimeSpan.Zero));

    [Fact]
    public void A_failure_survives_the_way_through_text()
    {
        var failure = new OperationFailure(OperationError.Unavailable, "GET https://x: 503: try later");

        Assert.Equal(failure, OperationFailure.Parse(failure.ToString()));
        Assert.Equal(new OperationFailure(OperationError.Internal, "something: else"), OperationFailure.Parse("something: else"));
    }
}

using System.Globalization;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Cli.Operations;

/// <summary>
/// How patient operations are: the defaults, times the factor in <c>TFEBACKUP_PATIENCE</c>. A demonstration, or a test, has no ten minutes between
/// two attempts; a site with slow machines may want more.
/// </summary>
internal sealed class Patience
{
    private const string Variable = "TFEBACKUP_PATIENCE";

    private readonly double _factor;

    private Patience(double factor) => _factor = factor;

    /// <summary>How patient operations are.</summary>
    public OperationTimings Operations
    {
        get
        {
            var usual = new OperationTimings();
            return usual with
            {
                Calls = Scale(usual.Calls),
                Transfers = Scale(usual.Transfers),
                PollInterval = Scale(usual.PollInterval),
                ReadyTimeout = Scale(usual.ReadyTimeout),
                ApprovalDeadline = Scale(usual.ApprovalDeadline),
                ManualRestartDeadline = Scale(usual.ManualRestartDeadline),
            };
        }
    }

    /// <summary>How patient clients of installations are.</summary>
    public ApiInstallationOptions Installations
    {
        get
        {
            var usual = new ApiInstallationOptions();
            return usual with
            {
                StallTimeout = Scale(usual.StallTimeout, atLeast: TimeSpan.FromSeconds(10)),
                StatusTimeout = Scale(usual.StatusTimeout, atLeast: TimeSpan.FromSeconds(5)),
            };
        }
    }

    /// <summary>Reads the factor from the environment.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static Patience FromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text))
        {
            return new Patience(1);
        }

        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var factor) && factor is >= 0.001 and <= 100
            ? new Patience(factor)
            : throw new UsageException($"{Variable} is '{text}'; expected a factor from 0.001 to 100, for example 0.5.");
    }

    private RetryPolicy Scale(RetryPolicy policy) =>
        policy with { FirstDelay = Scale(policy.FirstDelay), MaxDelay = Scale(policy.MaxDelay) };

    private TimeSpan Scale(TimeSpan time, TimeSpan atLeast = default) => time * _factor is var scaled && scaled > atLeast ? scaled : atLeast;
}

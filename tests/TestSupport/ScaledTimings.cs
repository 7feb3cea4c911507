using System.Globalization;

namespace TfeBackup.TestSupport;

/// <summary>The timings of operations as variables that override the configuration: the defaults, times a factor.</summary>
public static class ScaledTimings
{
    private const string Prefix = "TFEBACKUP__Operations__";

    /// <summary>The variables.</summary>
    public static Dictionary<string, string?> Variables(double factor) => new()
    {
        [Prefix + "Calls__FirstDelay"] = Scale(TimeSpan.FromSeconds(2), factor),
        [Prefix + "Calls__MaxDelay"] = Scale(TimeSpan.FromMinutes(1), factor),
        [Prefix + "Transfers__FirstDelay"] = Scale(TimeSpan.FromSeconds(5), factor),
        [Prefix + "Transfers__MaxDelay"] = Scale(TimeSpan.FromMinutes(10), factor),
        [Prefix + "Scheduled__ReadyTimeout"] = Scale(TimeSpan.FromHours(1), factor),
        [Prefix + "PollInterval"] = Scale(TimeSpan.FromSeconds(10), factor),
        [Prefix + "ReadyTimeout"] = Scale(TimeSpan.FromMinutes(10), factor, TimeSpan.FromSeconds(5)),
        [Prefix + "ApprovalDeadline"] = Scale(TimeSpan.FromHours(24), factor),
        [Prefix + "ManualRestartDeadline"] = Scale(TimeSpan.FromHours(24), factor),
        [Prefix + "Api__StallTimeout"] = Scale(TimeSpan.FromMinutes(15), factor, TimeSpan.FromSeconds(10)),
        [Prefix + "Api__StatusTimeout"] = Scale(TimeSpan.FromSeconds(25), factor, TimeSpan.FromSeconds(5)),
    };

    private static string Scale(TimeSpan usual, double factor, TimeSpan atLeast = default)
    {
        var scaled = usual * factor > atLeast ? usual * factor : atLeast;
        return scaled.ToString("c", CultureInfo.InvariantCulture);
    }
}

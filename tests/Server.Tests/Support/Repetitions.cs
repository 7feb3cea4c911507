using System.Globalization;

namespace TfeBackup.Server.Tests.Support;

/// <summary>How often a test repeats itself: a few times, and as often as <c>TFEBACKUP_TEST_ROUNDS</c> says where somebody wants to know better.</summary>
internal static class Repetitions
{
    public static int OrUsually(int usually) =>
        int.TryParse(Environment.GetEnvironmentVariable("TFEBACKUP_TEST_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : usually;
}

namespace TfeBackup.Infra.Tests.Monitoring;

/// <summary>The exporter's reports about itself, which would go to the internet.</summary>
internal static class TelemetryEnvironment
{
    public static void Silence()
    {
        Environment.SetEnvironmentVariable("APPLICATIONINSIGHTS_STATSBEAT_DISABLED", "true");
        Environment.SetEnvironmentVariable("APPLICATIONINSIGHTS_SDKSTATS_DISABLED_ALL", "true");
    }
}

namespace TfeBackup.Dashboard.Tests.Support;

/// <summary>A test in a real Chromium; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Browser.Program is null)
        {
            Skip = Browser.Missing;
        }
    }
}

namespace TfeBackup.Dashboard.Tests.Support;

/// <summary>A test of several cases in a real Chromium; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute()
    {
        if (Browser.Program is null)
        {
            Skip = Browser.Missing;
        }
    }
}

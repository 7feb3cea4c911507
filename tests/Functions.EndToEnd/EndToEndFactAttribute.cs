namespace TfeBackup.Functions.EndToEnd;

/// <summary>A test against a running app; skipped where none is named.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EndToEndFactAttribute : FactAttribute
{
    public EndToEndFactAttribute(string? needs = null)
    {
        if (RunningApp.Url is null)
        {
            Skip = $"{RunningApp.UrlVariable} (and {RunningApp.KeyVariable}) name no running Functions app.";
        }
        else if (needs is not null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(needs)))
        {
            Skip = $"{needs} is not set.";
        }
    }
}

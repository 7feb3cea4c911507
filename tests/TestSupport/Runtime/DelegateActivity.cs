using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.TestSupport.Runtime;

/// <summary>An activity written where it is used.</summary>
public sealed class DelegateActivity(string name, Func<IActivityContext, string, CancellationToken, Task<string>> run) : IActivity
{
    public DelegateActivity(string name, Func<string, string> run)
        : this(name, (_, input, _) => Task.FromResult(run(input)))
    {
    }

    public string Name => name;

    public Task<string> RunAsync(IActivityContext context, string input, CancellationToken cancellationToken) =>
        run(context, input, cancellationToken);
}

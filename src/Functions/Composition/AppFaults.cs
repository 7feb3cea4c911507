using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Functions.Composition;

/// <summary>
/// The faults of the app's settings. They do not keep the app from starting: the app says so at start, in <c>/api/health</c> and to everybody who
/// asks for an operation.
/// </summary>
internal sealed partial class AppFaults
{
    /// <summary>Makes everything that settings name, and notes what cannot be made.</summary>
    public AppFaults(IServiceProvider services, ILogger<AppFaults> logger)
    {
        try
        {
            _ = services.GetRequiredService<OperationSettings>();
            _ = services.GetRequiredService<IBackupStore>();
            _ = services.GetRequiredService<IOperationClaims>();
        }
        catch (OperationException e) when (e.Error == OperationError.InvalidConfiguration)
        {
            Lines = e.Faults is { Count: > 0 } faults ? faults : [e.Message];
        }

        foreach (var fault in Lines)
        {
            Faulty(logger, fault);
        }
    }

    /// <summary>The faults, one a line; empty if there are none.</summary>
    public IReadOnlyList<string> Lines { get; } = [];

    [LoggerMessage(2301, LogLevel.Critical, "The app's settings are wrong: {Fault}")]
    private static partial void Faulty(ILogger logger, string fault);
}

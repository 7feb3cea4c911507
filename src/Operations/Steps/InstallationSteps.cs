using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Steps;

/// <summary>Steps that ask an installation how it is; part of most operations.</summary>
internal static class InstallationSteps
{
    /// <summary>Waits until an installation is ready.</summary>
    public static async Task<InstallationAnswer> WaitReadyAsync(OperationRun run, string installation, TimeSpan timeout, string step = "ready")
    {
        var deadline = run.Now + timeout;
        return await run.StepAsync<InstallationAnswer>(step, answer => answer.Detail, OnCancel.Leave, async number =>
        {
            while (true)
            {
                var answer = await run.CallAsync(AskInstallationActivity.Call, new InstallationInput(installation), run.Timings.Calls, number);
                if (answer.Ready)
                {
                    return answer;
                }

                if (run.Now >= deadline)
                {
                    throw new OperationException(
                        OperationError.TimedOut,
                        $"Installation {installation} was not ready within {Text.Duration(timeout)}; last status: {answer.Detail}");
                }

                run.Note(number, answer.Detail);
                await run.PauseAsync(run.Timings.PollInterval, OnCancel.Leave);
            }
        });
    }

    /// <summary>
    /// Transient failures, and a service that is busy: after a crash it may still be at work on the request that was cut off.
    /// </summary>
    public static bool IsWorthAnotherTry(OperationException failure) => failure.IsTransient || failure.Error == OperationError.Busy;
}

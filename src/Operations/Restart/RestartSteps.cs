using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Restart;

/// <summary>Drain, stop, wait stopped, start, wait ready; or by hand. Part of a restart, and of a restore.</summary>
internal static class RestartSteps
{
    public static Task<RestartOutput> RestartAsync(OperationRun run, string installation) =>
        run.MeasureRestartAsync(() => RunAsync(run, installation));

    private static async Task<RestartOutput> RunAsync(OperationRun run, string installation)
    {
        var plan = await run.StepAsync(
            "plan restart", PlanRestartActivity.Call, new InstallationInput(installation), run.Timings.Calls, p => p.Description);
        run.Timings = plan.Timings;
        if (plan.ByHand)
        {
            await WaitForOperatorAsync(run, installation);
        }
        else
        {
            await StopAndStartAsync(run, installation, plan);
        }

        var ready = await InstallationSteps.WaitReadyAsync(run, installation, plan.Timeout, "ready again");
        return new RestartOutput(plan.ByHand, ready.Detail);
    }

    private static async Task WaitForOperatorAsync(OperationRun run, string installation)
    {
        var confirmed = await run.WaitForOperatorAsync<OperatorNote>(
            "restart by hand",
            $"Stop and start the application of installation {installation}, then confirm.",
            OperationEvents.Restarted,
            run.Timings.ManualRestartDeadline);
        if (confirmed is null)
        {
            throw new OperationException(
                OperationError.TimedOut,
                $"The restart by hand was not confirmed within {Text.Duration(run.Timings.ManualRestartDeadline)} (application of {installation}).");
        }
    }

    private static async Task StopAndStartAsync(OperationRun run, string installation, RestartPlan plan)
    {
        if (plan.CanDrain)
        {
            await ControlAsync(run, "drain", installation, ControlAction.Drain);
        }

        // Cancellation is deferred from here to the start, so as not to leave the application stopped.
        try
        {
            await ControlAsync(run, "stop", installation, ControlAction.Stop);
            await WaitStoppedAsync(run, installation, plan);
        }
        catch (OperationException e)
        {
            await StartAgainAsync(run, installation, e);
            throw;
        }

        await ControlAsync(run, "start", installation, ControlAction.Start);
    }

    private static Task<ControlOutput> ControlAsync(OperationRun run, string step, string installation, ControlAction action) =>
        run.StepAsync(
            step, ControlApplicationActivity.Call, new ControlInput(installation, action), run.Timings.Calls, onCancel: action switch
            {
                ControlAction.Drain => OnCancel.Leave,
                ControlAction.Stop => OnCancel.Finish,
                _ => OnCancel.Ignore,
            });

    private static async Task WaitStoppedAsync(OperationRun run, string installation, RestartPlan plan)
    {
        var deadline = run.Now + plan.Timeout;
        await run.StepAsync<ControlOutput>("stopped", output => output.Detail, OnCancel.Ignore, async number =>
        {
            while (true)
            {
                var status = await run.CallAsync(
                    ControlApplicationActivity.Call, new ControlInput(installation, ControlAction.Status), run.Timings.Calls, number, OnCancel.Ignore);
                if (status.State == ApplicationState.Stopped)
                {
                    return status;
                }

                if (run.Now >= deadline)
                {
                    throw new OperationException(
                        OperationError.TimedOut,
                        $"The application of {installation} did not stop within {Text.Duration(plan.Timeout)}; last status: {status.Detail}");
                }

                run.Note(number, status.Detail ?? "");
                await run.PauseAsync(run.Timings.PollInterval, OnCancel.Ignore);
            }
        });
    }

    /// <summary>An application that would not stop, or only half did, is better off running.</summary>
    private static async Task StartAgainAsync(OperationRun run, string installation, OperationException cause)
    {
        try
        {
            await ControlAsync(run, "start again", installation, ControlAction.Start);
        }
        catch (OperationException e)
        {
            run.Warn($"The stop failed ({cause.Message}), and the application could not be started again: {e.Message}");
        }
    }
}

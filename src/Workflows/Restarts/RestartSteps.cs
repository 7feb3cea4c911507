using System.Text.Json;
using TfeBackup.Engine.Application;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Restarts;

/// <summary>Drain, stop, wait stopped, start, wait ready; or by hand. Part of a restart, and of a restore.</summary>
internal static class RestartSteps
{
    public static Task<RestartOutput> RestartAsync(OperationRun run, string installation) =>
        run.MeasureRestartAsync(() => RunAsync(run, installation));

    private static async Task<RestartOutput> RunAsync(OperationRun run, string installation)
    {
        var plan = await run.StepAsync(
            "plan restart", WorkflowActivities.PlanRestart, new InstallationInput(installation), run.Timings.Calls, p => p.Description);
        run.Timings = plan.Timings;
        if (plan.ByHand)
        {
            await WaitForOperatorAsync(run, installation);
        }
        else
        {
            await StopAndStartAsync(run, installation, plan);
        }

        var ready = await BackupSteps.WaitReadyAsync(run, installation, plan.Timeout, "ready again");
        return new RestartOutput(plan.ByHand, ready.Detail);
    }

    private static async Task WaitForOperatorAsync(OperationRun run, string installation)
    {
        var answer = await run.WaitForOperatorAsync(
            "restart by hand",
            $"Stop and start the application of installation {installation}, then confirm.",
            OperationEvents.Restarted,
            run.Timings.ManualRestartDeadline);
        if (answer is null)
        {
            throw new WorkflowException(
                WorkflowError.TimedOut,
                $"Nobody confirmed within {BackupSteps.Minutes(run.Timings.ManualRestartDeadline)} minutes that the application of {installation} was restarted.");
        }

        // Read for its form alone: whoever confirms may say who they are, and need not.
        _ = JsonSerializer.Deserialize(answer, WorkflowJson.Default.OperatorNote);
    }

    private static async Task StopAndStartAsync(OperationRun run, string installation, RestartPlan plan)
    {
        if (plan.CanDrain)
        {
            await ControlAsync(run, "drain", installation, ControlAction.Drain);
        }

        // From here to the start a cancellation waits: it must not leave the application stopped.
        try
        {
            await ControlAsync(run, "stop", installation, ControlAction.Stop);
            await WaitStoppedAsync(run, installation, plan);
        }
        catch (WorkflowException e)
        {
            await StartAgainAsync(run, installation, e);
            throw;
        }

        await ControlAsync(run, "start", installation, ControlAction.Start);
    }

    private static Task<ControlOutput> ControlAsync(OperationRun run, string step, string installation, ControlAction action) =>
        run.StepAsync(
            step, WorkflowActivities.ControlApplication, new ControlInput(installation, action), run.Timings.Calls, cancellable: action == ControlAction.Drain);

    private static async Task WaitStoppedAsync(OperationRun run, string installation, RestartPlan plan)
    {
        var deadline = run.Context.CurrentUtc + plan.Timeout;
        await run.StepAsync<ControlOutput>("stopped", output => output.Detail, cancellable: false, async number =>
        {
            while (true)
            {
                var status = await run.Context.CallActivityAsync(
                    WorkflowActivities.ControlApplication, new ControlInput(installation, ControlAction.Status), run.Timings.Calls,
                    (e, again) => run.Retrying(number, e.Message, again));
                if (status.State == ApplicationState.Stopped)
                {
                    return status;
                }

                if (run.Context.CurrentUtc >= deadline)
                {
                    throw new WorkflowException(
                        WorkflowError.TimedOut,
                        $"The application of {installation} did not stop within {BackupSteps.Minutes(plan.Timeout)} minutes; its runtime's last answer was: {status.Detail}");
                }

                run.Note(number, status.Detail ?? "");
                await run.PauseAsync(run.Timings.PollInterval);
            }
        });
    }

    /// <summary>An application that would not stop, or only half did, is better off running.</summary>
    private static async Task StartAgainAsync(OperationRun run, string installation, WorkflowException cause)
    {
        try
        {
            await ControlAsync(run, "start again", installation, ControlAction.Start);
        }
        catch (WorkflowException e)
        {
            run.Warn($"After the stop had failed ({cause.Message}) the application could not be started again either: {e.Message}");
        }
    }
}

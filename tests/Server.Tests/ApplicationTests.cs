using System.Net;
using System.Text;
using TfeBackup.Engine;
using TfeBackup.Operations.Model;
using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests;

/// <summary>The control API as a real service offers it, asked by the control that operations use.</summary>
public sealed class ApplicationTests(ControlledApplication application) : IClassFixture<ControlledApplication>
{
    [Fact]
    public async Task An_application_is_drained_stopped_and_started_as_often_as_one_likes()
    {
        application.Repair();
        var control = application.CreateControl();

        await control.StartAsync(default);
        await control.StartAsync(default);
        Assert.True(application.IsRunning);
        Assert.Equal(ApplicationState.Running, (await control.GetStatusAsync(default)).State);
        Assert.True(await control.CanDrainAsync(default));
        await control.DrainAsync(default);
        await control.StopAsync(default);
        await control.StopAsync(default);
        Assert.False(application.IsRunning);
        Assert.Equal(ApplicationState.Stopped, (await control.GetStatusAsync(default)).State);
        Assert.Equal(["Start", "Start", "Drain", "Stop", "Stop"], application.Commands);
        Assert.All(application.Secrets, secret => Assert.DoesNotContain(secret, application.Environment, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_command_that_fails_says_its_exit_code_and_its_last_words()
    {
        application.Repair();
        application.Break();
        var control = application.CreateControl();
        try
        {
            var stop = await Assert.ThrowsAsync<OperationException>(() => control.StopAsync(default));
            var status = await Assert.ThrowsAsync<OperationException>(() => control.GetStatusAsync(default));

            Assert.All([stop, status], failure => Assert.Equal(OperationError.Refused, failure.Error));
            Assert.StartsWith("Stopping the application of production failed: 'sh -c", stop.Message, StringComparison.Ordinal);
            Assert.All([stop, status], failure => Assert.EndsWith("failed with exit code 7: the disk is full", failure.Message, StringComparison.Ordinal));
            await WaitForLogAsync("exit code 7: the disk is full");
            Assert.Equal("unknown", (await application.LookAsync()).GetProperty("state").GetString());
        }
        finally
        {
            application.Repair();
        }
    }

    [Fact]
    public async Task Without_the_token_nothing_is_done_and_nothing_is_told()
    {
        application.Repair();
        var control = application.CreateControl(token: "no-token-of-anybody");

        var failure = await Assert.ThrowsAsync<OperationException>(() => control.StopAsync(default));
        using var http = new HttpClient { BaseAddress = application.Service.Process.Address };
        using var answer = await http.GetAsync(new Uri("/_backup/api/v1/application", UriKind.Relative));

        Assert.Equal(OperationError.Refused, failure.Error);
        Assert.Contains("401", failure.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotContain("rm -f", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(application.Commands);
    }

    [Fact]
    public async Task An_action_that_is_asked_for_again_is_the_same_and_another_one_waits_for_it()
    {
        application.Repair();
        await application.ShutGateAsync();

        var stop = await application.RequestAsync("stop");
        await application.WaitForCommandAsync("Stop");
        Assert.Equal(stop, await application.RequestAsync("stop"));
        var start = await application.RequestAsync("start");
        Assert.Equal(start, await application.RequestAsync("start"));
        var meanwhile = await application.LookAsync();
        application.OpenGate();
        await WaitForEndAsync(start);

        Assert.Equal("changing", meanwhile.GetProperty("state").GetString());
        Assert.Equal(["running", "waiting"], meanwhile.GetProperty("requests").EnumerateArray().TakeLast(2).Select(request => request.GetProperty("state").GetString()));
        Assert.Equal(["Stop", "Start"], application.Commands);
        Assert.True(application.IsRunning);
    }

    [Fact]
    public async Task A_stop_under_a_restore_is_refused_unless_it_is_forced()
    {
        application.Repair();
        // Stalled within its first field, or what follows would be found to be no backup.
        var upload = new StallingContent(BackupService.Form(BackupService.Document(BackupService.Password), Encoding.ASCII.GetBytes(new string('x', 4096))), 64);
        var restore = application.Service.RestoreAsync(upload);
        await upload.Stalled;
        using (var refused = await WaitForRefusalAsync())
        {
            await BackupService.RequireAsync(refused, HttpStatusCode.Conflict, "A restore has been in progress since");
        }

        using var start = await application.Service.ControlAsync(HttpMethod.Post, "start");
        await BackupService.RequireAsync(start, HttpStatusCode.Conflict, "restore");
        var failure = await Assert.ThrowsAsync<OperationException>(() => application.CreateControl().StopAsync(default));
        Assert.Equal(OperationError.Busy, failure.Error);

        // What harms nobody is done all the same, and what is forced is too.
        await WaitForEndAsync(await application.RequestAsync("drain"));
        await WaitForEndAsync(await application.RequestAsync("stop?force=true"));
        upload.GoOn();
        using (await restore)
        {
            await application.CreateControl().StopAsync(default);
        }

        await WaitForLogAsync("was forced while a restore of the installation is in progress");
    }

    [Fact]
    public async Task A_stop_while_another_node_works_is_refused_and_a_start_only_while_it_restores()
    {
        application.Repair();
        var database = application.Installation.Database.DataSource;
        await using (await InstallationLock.AcquireSharedAsync(database, default))
        {
            using var stop = await application.Service.ControlAsync(HttpMethod.Post, "stop");
            await BackupService.RequireAsync(stop, HttpStatusCode.Conflict, "A backup is in progress on another node");
            await WaitForEndAsync(await application.RequestAsync("start"));
        }

        await using (await InstallationLock.AcquireExclusiveAsync(database, default))
        {
            using var start = await application.Service.ControlAsync(HttpMethod.Post, "start");
            await BackupService.RequireAsync(start, HttpStatusCode.Conflict, "A restore is in progress on another node");
            await WaitForEndAsync(await application.RequestAsync("stop?force=true"));
        }

        await application.CreateControl().StopAsync(default);
    }

    [Fact]
    public async Task A_service_that_is_killed_in_an_action_forgets_it_and_does_it_when_asked_again()
    {
        application.Repair();
        await application.CreateControl().StartAsync(default);
        await application.ShutGateAsync();
        var stopping = application.CreateControl().StopAsync(default);
        await application.WaitForCommandAsync("Stop");
        await application.Service.Process.KillAsync();

        // Whether it is seen in the moment without a service or after it, it is worth another try.
        var starting = application.Service.Process.StartAgainAsync();
        var failure = await Assert.ThrowsAsync<OperationException>(() => stopping);
        await starting;
        application.OpenGate();
        await application.CreateControl().StopAsync(default);

        Assert.Equal(OperationError.Unavailable, failure.Error);
        Assert.False(application.IsRunning);
    }

    [Fact]
    public async Task A_service_that_is_asked_to_end_lets_a_command_end_first()
    {
        application.Repair();
        await application.CreateControl().StartAsync(default);
        await application.ShutGateAsync();
        await application.RequestAsync("stop");
        await application.WaitForCommandAsync("Stop");

        var ending = application.Service.Process.StopAsync();
        application.OpenGate();

        Assert.Equal(0, await ending);
        Assert.False(application.IsRunning);
        Assert.Contains("succeeded after", application.Service.Process.ReadLog(), StringComparison.Ordinal);
        await application.Service.Process.StartAgainAsync();
    }

    [Fact]
    public async Task A_command_that_takes_too_long_is_ended()
    {
        application.Repair();
        await application.ShutGateAsync();
        await using var hasty = await application.StartAnotherAsync([.. application.Settings(timeout: "0:00:00.5")]);

        var failure = await Assert.ThrowsAsync<OperationException>(() => application.CreateControl(hasty).StopAsync(default));
        Assert.Equal(OperationError.TimedOut, failure.Error);
        Assert.Contains("did not end within", failure.Message, StringComparison.Ordinal);
        application.RemoveGate();
    }

    [Fact]
    public async Task A_service_that_is_not_told_how_names_the_setting()
    {
        await using var bare = await application.StartAnotherAsync();

        var failure = await Assert.ThrowsAsync<OperationException>(() => application.CreateControl(bare).StopAsync(default));
        using var answer = await bare.ControlAsync(HttpMethod.Get, "");

        Assert.Equal(OperationError.InvalidConfiguration, failure.Error);
        Assert.Contains("Installation:Application is not set", failure.Message, StringComparison.Ordinal);
        await BackupService.RequireAsync(answer, HttpStatusCode.NotFound, "Installation:Application");
    }

    private Task WaitForLogAsync(string words) => WaitFor.ConditionAsync(
        () => application.Service.Process.ReadLog().Contains(words, StringComparison.Ordinal), $"the service to log '{words}'", TimeSpan.FromSeconds(30));

    private async Task<HttpResponseMessage> WaitForRefusalAsync()
    {
        // The upload's first bytes have been sent; the service may not have begun with them yet, and what it does until then does nothing new.
        HttpResponseMessage? answer = null;
        await WaitFor.ConditionAsync(
            async () =>
            {
                answer?.Dispose();
                answer = await application.Service.ControlAsync(HttpMethod.Post, "stop");
                return answer.StatusCode == HttpStatusCode.Conflict;
            },
            "a stop to be refused",
            TimeSpan.FromSeconds(30));
        return answer!;
    }

    private Task WaitForEndAsync(string id) => WaitFor.ConditionAsync(
        async () => (await application.LookAsync()).GetProperty("requests").EnumerateArray()
            .Single(request => request.GetProperty("id").GetString() == id).GetProperty("state").GetString() is "succeeded",
        $"the request {id} to succeed",
        TimeSpan.FromSeconds(30));
}

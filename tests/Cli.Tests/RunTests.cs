using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>The scheduler as those see it who watch it: a collector, a monitor of periodic jobs, systemd.</summary>
public sealed class RunTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Health_and_metrics_are_served_on_the_loopback_port()
    {
        await using var site = await CreateAsync();
        var port = FreePort.Next();
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var run = await site.StartAsync("run", "--listen", port.ToString(CultureInfo.InvariantCulture));

        var metrics = "";
        await WaitFor.ConditionAsync(
            async () => (metrics = await GetAsync(http, "/metrics") ?? "").Contains("tfe_backup_operations_total{", StringComparison.Ordinal), "the backup to be counted", Deadline);
        var health = await http.GetAsync(new Uri("/healthz", UriKind.Relative));
        var other = await http.GetAsync(new Uri("/", UriKind.Relative));
        run.Signal("SIGTERM");
        (await run.EndAsync()).ShouldEndWith(0);

        Assert.Equal((HttpStatusCode.OK, "ok\n"), (health.StatusCode, await health.Content.ReadAsStringAsync()));
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        Assert.Matches(@"(?m)^# TYPE tfe_backup_duration_seconds histogram$", metrics);
        Assert.Matches(@"(?m)^tfe_backup_duration_seconds_bucket\{installation=""old"",outcome=""ok"",purpose=""Scheduled"",le=""\+Inf""\} 1$", metrics);
        Assert.Matches(@"(?m)^tfe_backup_operations_total\{installation=""old"",outcome=""ok"",kind=""Backup""\} 1$", metrics);
        Assert.Matches(@"(?m)^tfe_backup_rpo_seconds\{installation=""old""\} 43200$", metrics);
        Assert.Matches(@"(?m)^tfe_backup_bytes_sum\{installation=""old""\} \d+$", metrics);
        Assert.All(metrics.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(@"^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+=""[^""]*""(,[a-z]+=""[^""]*"")*\})? [-+0-9.Ee]+)$", line));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using var site = await CreateAsync();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var run = (await site.RunAsync("run", "--listen", port.ToString(CultureInfo.InvariantCulture))).ShouldEndWith(2);
        (await site.RunAsync("run", "--listen", "70000")).ShouldEndWith(2);

        Assert.Contains($"Cannot listen on 127.0.0.1:{port}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_monitor_of_periodic_jobs_is_pinged_at_start_success_and_failure()
    {
        var pings = new ConcurrentQueue<(string Path, string Text)>();
        await using var monitor = await HttpServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            pings.Enqueue((context.Request.Path, await reader.ReadToEndAsync()));
        });
        await using var site = await Site.CreateAsync();
        site.Configuration["Installations"]!["old"]!["PingUrlSecret"] = "ping";
        site.Save();
        var path = site.Folder.Combine("secrets.json");
        var secrets = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        secrets["ping"] = $"{monitor.Address}secret-uuid";
        await File.WriteAllTextAsync(path, secrets.ToJsonString());

        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        site.Old.Backup = (context, _) =>
        {
            context.Response.StatusCode = 400;
            return Task.CompletedTask;
        };
        (await site.RunAsync("backup", "old")).ShouldEndWith(1, anyFailure: true);

        Assert.Equal(["/secret-uuid/start", "/secret-uuid", "/secret-uuid/start", "/secret-uuid/fail"], pings.Select(ping => ping.Path));
        Assert.Contains("400", pings.Last().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_monitor_that_does_not_answer_fails_no_backup()
    {
        await using var site = await Site.CreateAsync();
        site.Configuration["Installations"]!["old"]!["PingUrlSecret"] = "ping";
        site.Save();
        var path = site.Folder.Combine("secrets.json");
        var secrets = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        secrets["ping"] = $"http://127.0.0.1:{FreePort.Next()}/secret-uuid";
        await File.WriteAllTextAsync(path, secrets.ToJsonString());

        var backup = (await site.RunAsync("backup", "old", "--verbose")).ShouldEndWith(0);

        Assert.Contains("notification ping could not be sent", backup.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-uuid", backup.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Systemd_is_told_that_it_is_ready_alive_and_stopping()
    {
        await using var site = await CreateAsync();
        var path = site.Folder.Combine("notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        var run = await CliProcess.StartAsync(
            site.Folder, ["run"], new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = path, ["WATCHDOG_USEC"] = "200000" });

        var ready = await ReceiveAsync(socket);
        var alive = new[] { await ReceiveAsync(socket), await ReceiveAsync(socket), await ReceiveAsync(socket) };
        run.Signal("SIGTERM");
        string last;
        do
        {
            last = await ReceiveAsync(socket);
        }
        while (last == "WATCHDOG=1");
        (await run.EndAsync()).ShouldEndWith(0);

        Assert.StartsWith("READY=1\nSTATUS=The next operation is due ", ready, StringComparison.Ordinal);
        Assert.All(alive, said => Assert.Equal("WATCHDOG=1", said));
        Assert.Equal("STOPPING=1", last);
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, deadline.Token));
    }

    private static async Task<string?> GetAsync(HttpClient http, string path)
    {
        try
        {
            return await http.GetStringAsync(new Uri(path, UriKind.Relative));
        }
        catch (HttpRequestException)
        {
            // Not yet.
            return null;
        }
    }

    private static async Task<Site> CreateAsync()
    {
        var site = await Site.CreateAsync();
        var old = site.Configuration["Installations"]!["old"]!;
        old["Schedule"] = "0 0 */6 * * *";
        old["Rpo"] = "12:00:00";
        site.Save();
        return site;
    }
}

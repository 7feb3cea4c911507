using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace TfeBackup.Functions.EndToEnd;

/// <summary>The running app that the environment names, spoken to over HTTP alone.</summary>
internal sealed class RunningApp : IDisposable
{
    public const string UrlVariable = "FUNCTIONS_APP_URL";
    public const string KeyVariable = "FUNCTIONS_APP_KEY";
    public const string TargetVariable = "FUNCTIONS_APP_TARGET";
    public const string ScheduledVariable = "FUNCTIONS_APP_SCHEDULED";

    // A backup of a large installation takes its time.
    private static readonly TimeSpan Deadline = TimeSpan.FromHours(4);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public RunningApp()
    {
        Anonymous = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromMinutes(4) };
        Http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromMinutes(4) };
        if (Key is not null)
        {
            Http.DefaultRequestHeaders.Add("x-functions-key", Key);
        }
    }

    public static Uri? Url { get; } = Environment.GetEnvironmentVariable(UrlVariable) is { Length: > 0 } url ? new Uri(url) : null;

    /// <summary>An installation whose data may be replaced; null where none is named.</summary>
    public static string? Target { get; } = Environment.GetEnvironmentVariable(TargetVariable) is { Length: > 0 } name ? name : null;

    /// <summary>An installation with a schedule; null where none is named.</summary>
    public static string? Scheduled { get; } = Environment.GetEnvironmentVariable(ScheduledVariable) is { Length: > 0 } name ? name : null;

    public static string? Key { get; } = Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key ? key : null;

    public HttpClient Http { get; }

    public HttpClient Anonymous { get; }

    /// <summary>An installation of the app: the one that <c>FUNCTIONS_APP_INSTALLATION</c> names, or its first.</summary>
    public async Task<string> GetInstallationAsync()
    {
        if (Environment.GetEnvironmentVariable("FUNCTIONS_APP_INSTALLATION") is { Length: > 0 } named)
        {
            return named;
        }

        var health = await GetAsync("/api/health");
        return health["installations"]!.AsArray().First()!.GetValue<string>();
    }

    public async Task<JsonNode> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative));
        return await ReadAsync(answer, HttpStatusCode.OK);
    }

    /// <summary>Asks for an operation and follows it to its end.</summary>
    public async Task<JsonNode> RunAsync(string path, object? body = null) => await EndAsync(await StartAsync(path, body));

    /// <summary>Asks for an operation, as soon as no other is in its way, such as a scheduled one.</summary>
    /// <returns>Where it is to be looked for.</returns>
    public async Task<string> StartAsync(string path, object? body = null)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            using var answer = await PostAsync(path, body);
            if (answer.StatusCode != HttpStatusCode.Conflict)
            {
                var operation = await ReadAsync(answer, HttpStatusCode.Accepted);
                Assert.Equal($"/api/operations/{operation["id"]!.GetValue<string>()}", answer.Headers.Location!.ToString());
                Assert.NotNull(answer.Headers.RetryAfter!.Delta);
                return answer.Headers.Location.ToString();
            }

            var problem = await ReadAsync(answer, HttpStatusCode.Conflict);
            _ = await EndAsync($"/api/operations/{problem["operation"]!.GetValue<string>()}", deadline.Token);
        }
    }

    /// <summary>Follows an operation until it has ended.</summary>
    public async Task<JsonNode> EndAsync(string location, CancellationToken cancellationToken = default) =>
        await FollowAsync(location, operation => StateOf(operation) != "Running", cancellationToken);

    /// <summary>Follows an operation until it waits for a word.</summary>
    public async Task<JsonNode> WaitingAsync(string location)
    {
        var operation = await FollowAsync(location, operation => StateOf(operation) != "Running" || operation["status"]?["waiting"] is not null);
        Assert.True(StateOf(operation) == "Running", $"It ended instead of waiting: {operation.ToJsonString()}");
        return operation;
    }

    public async Task<HttpResponseMessage> PostAsync(string path, object? body = null) =>
        await Http.PostAsync(new Uri(path, UriKind.Relative), body is null ? null : JsonContent.Create(body));

    public static string StateOf(JsonNode operation) => operation["state"]!.GetValue<string>();

    /// <summary>An answer's document. None holds a key, or an address of Durable Functions' own management API.</summary>
    public static async Task<JsonNode> ReadAsync(HttpResponseMessage answer, HttpStatusCode expected)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"Expected {(int)expected}, found {(int)answer.StatusCode}: {text}");
        var everything = $"{answer.Headers} {answer.Content.Headers} {text}";
        Assert.DoesNotContain("code=", everything, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("runtime/webhooks", everything, StringComparison.OrdinalIgnoreCase);
        if (Key is not null)
        {
            Assert.DoesNotContain(Key, everything, StringComparison.Ordinal);
        }

        return JsonNode.Parse(text)!;
    }

    private async Task<JsonNode> FollowAsync(string location, Func<JsonNode, bool> isThere, CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Deadline);
        while (true)
        {
            var operation = await GetAsync(location);
            if (isThere(operation))
            {
                return operation;
            }

            await Task.Delay(Interval, deadline.Token);
        }
    }

    public void Dispose()
    {
        Http.Dispose();
        Anonymous.Dispose();
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace TfeBackup.Functions.EndToEnd;

/// <summary>The running app that the environment names, spoken to over HTTP alone.</summary>
internal sealed class RunningApp : IDisposable
{
    public const string UrlVariable = "FUNCTIONS_APP_URL";
    public const string KeyVariable = "FUNCTIONS_APP_KEY";

    // A backup of a large installation takes its time.
    private static readonly TimeSpan Deadline = TimeSpan.FromHours(4);

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
    public async Task<JsonNode> RunAsync(string path, object? body = null)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var started = await Http.PostAsync(new Uri(path, UriKind.Relative), body is null ? null : JsonContent.Create(body), deadline.Token);
        _ = await ReadAsync(started, HttpStatusCode.Accepted);
        var pause = started.Headers.RetryAfter!.Delta!.Value;
        while (true)
        {
            await Task.Delay(pause, deadline.Token);
            var operation = await GetAsync(started.Headers.Location!.ToString());
            if (operation["state"]!.GetValue<string>() != "Running")
            {
                return operation;
            }
        }
    }

    public static async Task<JsonNode> ReadAsync(HttpResponseMessage answer, HttpStatusCode expected)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"Expected {(int)expected}, found {(int)answer.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    public void Dispose()
    {
        Http.Dispose();
        Anonymous.Dispose();
    }
}

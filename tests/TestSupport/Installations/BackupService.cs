using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using TfeBackup.TestSupport.Processes;
using Xunit;

namespace TfeBackup.TestSupport.Installations;

/// <summary>The service as a real process beside a <see cref="TestInstallation"/>, and a client of its API.</summary>
public sealed class BackupService : IAsyncDisposable
{
    public const string Password = "befit-brakeman-footstep-unclasp";

    private readonly HttpClient _http;

    private BackupService(AppProcess process, string token)
    {
        Process = process;
        Token = token;
        _http = new HttpClient { BaseAddress = process.Address, Timeout = TimeSpan.FromMinutes(5) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/problem+json"));
    }

    public static string Assembly => Path.Combine(AppContext.BaseDirectory, "TfeBackup.Server.dll");

    public AppProcess Process { get; }

    public string Token { get; }

    public static Task<BackupService> StartAsync(TestInstallation installation, params (string Key, string Value)[] further) =>
        StartAsync(installation, installation.Settings(further));

    public static Task<BackupService> StartAsync(TestInstallation installation, IReadOnlyDictionary<string, string> settings) =>
        StartAsync(Assembly, settings, installation.TokenFile);

    /// <summary>Starts a service from another place than beside the tests.</summary>
    public static async Task<BackupService> StartAsync(string program, IReadOnlyDictionary<string, string> settings, string tokenFile)
    {
        var process = await AppProcess.StartAsync(program, settings);
        return new BackupService(process, (await File.ReadAllTextAsync(tokenFile)).Trim());
    }

    public Task<HttpResponseMessage> BackupAsync(string body) => BackupAsync(new StringContent(body));

    public Task<HttpResponseMessage> BackupAsync(HttpContent body) =>
        _http.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/_backup/api/v1/backup") { Content = body }, HttpCompletionOption.ResponseHeadersRead);

    public async Task<byte[]> BackupAsync()
    {
        using var response = await BackupAsync(Document(Password));
        await RequireAsync(response, HttpStatusCode.OK);
        return await response.Content.ReadAsByteArrayAsync();
    }

    public async Task<HttpResponseMessage> RestoreAsync(HttpContent body) =>
        await _http.PostAsync(new Uri("/_backup/api/v1/restore", UriKind.Relative), body);

    public Task<HttpResponseMessage> RestoreAsync(byte[] backup, string password = Password, bool overwrite = false, bool configLast = false) =>
        RestoreAsync(Form(Document(password, overwrite), backup, configLast));

    /// <summary>Restores under an id by which it is remembered.</summary>
    public async Task<HttpResponseMessage> RestoreAsync(string operationId, HttpContent body, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/_backup/api/v1/restore") { Content = body };
        request.Headers.TryAddWithoutValidation("Operation-Id", operationId);
        return await _http.SendAsync(request, cancellationToken);
    }

    /// <summary>What the service says of the restore of an id: its state.</summary>
    public async Task<string> RestoreStateAsync(string operationId)
    {
        using var response = await _http.GetAsync(new Uri($"/_backup/api/v1/restores/{operationId}", UriKind.Relative));
        await RequireAsync(response, HttpStatusCode.OK);
        using var report = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(operationId, report.RootElement.GetProperty("id").GetString());
        return report.RootElement.GetProperty("state").GetString()!;
    }

    public async Task<HttpResponseMessage> HealthAsync() => await _http.GetAsync(new Uri("/_backup/api/v1/health", UriKind.Relative));

    /// <summary>Calls the control API.</summary>
    /// <param name="method">GET for the state, POST for an action.</param>
    /// <param name="action">The action, perhaps with a query; empty for the state.</param>
    public async Task<HttpResponseMessage> ControlAsync(HttpMethod method, string action)
    {
        using var request = new HttpRequestMessage(method, $"/_backup/api/v1/application{(action.Length > 0 ? "/" : "")}{action}");
        return await _http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Process.DisposeAsync();
    }

    public static string Document(string password, bool overwrite = false) =>
        overwrite ? JsonSerializer.Serialize(new { password, overwrite }) : JsonSerializer.Serialize(new { password });

    public static MultipartFormDataContent Form(string config, byte[] backup, bool configLast = false) =>
        Form(config, new MemoryStream(backup), configLast);

    public static MultipartFormDataContent Form(string config, Stream backup, bool configLast = false)
    {
        var form = new MultipartFormDataContent();
        if (!configLast)
        {
            form.Add(new StringContent(config), "config", "request.json");
        }

        form.Add(new StreamContent(backup, 1 << 20), "snapshot", "backup.blob");
        if (configLast)
        {
            form.Add(new StringContent(config), "config", "request.json");
        }

        return form;
    }

    public static async Task RequireAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        if (response.StatusCode != expected)
        {
            Assert.Fail($"Expected {(int)expected}, found {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>Requires a failure and its reason.</summary>
    public static async Task RequireAsync(HttpResponseMessage response, HttpStatusCode expected, string reason)
    {
        await RequireAsync(response, expected);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Contains(reason, problem.RootElement.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
    }
}

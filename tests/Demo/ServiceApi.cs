using System.Net.Http.Headers;
using System.Text;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.Demo;

/// <summary>
/// The two calls of the documented API, sent by <c>curl</c> as documented, or, where there is none, as the same request by this
/// program.
/// </summary>
internal sealed class ServiceApi(Narrator narrator, Shell shell, string directory) : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Whether <c>curl</c> is on the PATH.</summary>
    public static bool HasCurl { get; } = ProgramPath.Exists("curl");

    /// <summary>Backs an installation up into a file of the working directory.</summary>
    /// <returns>The status.</returns>
    public async Task<int> BackUpAsync(Installation installation, string payload, string output, CancellationToken cancellationToken)
    {
        var address = new Uri(installation.Service.Address, "/_backup/api/v1/backup");
        var command = $$"""
            curl --silent --show-error --write-out '%{http_code}' \
              --header "Authorization: Bearer $TOKEN" \
              --request POST \
              --data @{{payload}} \
              --output {{output}} \
              {{address}}
            """;
        return await SendAsync(installation, command, address, HttpCompletionOption.ResponseHeadersRead, async cancel =>
        {
            // What curl's --data sends, content type included.
            var body = await File.ReadAllTextAsync(Path.Combine(directory, payload), cancel);
            return new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded");
        }, output, cancellationToken);
    }

    /// <summary>Restores a file of the working directory into an installation.</summary>
    /// <returns>The status.</returns>
    public async Task<int> RestoreAsync(Installation installation, string config, string snapshot, CancellationToken cancellationToken)
    {
        var address = new Uri(installation.Service.Address, "/_backup/api/v1/restore");
        var command = $$"""
            curl --silent --show-error --write-out '%{http_code}' \
              --header "Authorization: Bearer $TOKEN" \
              --request POST \
              --form config=@{{config}} \
              --form snapshot=@{{snapshot}} \
              {{address}}
            """;
        return await SendAsync(installation, command, address, HttpCompletionOption.ResponseContentRead, _ =>
        {
            var form = new MultipartFormDataContent
            {
                { new StreamContent(File.OpenRead(Path.Combine(directory, config))), "config", config },
                { new StreamContent(File.OpenRead(Path.Combine(directory, snapshot))), "snapshot", snapshot },
            };
            return Task.FromResult<HttpContent>(form);
        }, null, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<int> SendAsync(
        Installation installation,
        string command,
        Uri address,
        HttpCompletionOption completion,
        Func<CancellationToken, Task<HttpContent>> createContent,
        string? output,
        CancellationToken cancellationToken)
    {
        var token = (await File.ReadAllTextAsync(installation.TokenFile, cancellationToken)).Trim();
        narrator.Command($"TOKEN=$(cat {installation.TokenFile})");
        if (HasCurl)
        {
            var (code, text) = await shell.RunAsync(command, directory, new Dictionary<string, string?> { ["TOKEN"] = token }, cancellationToken);
            return code == 0 && int.TryParse(text.Trim(), out var answered)
                ? answered
                : throw new DemoException($"curl ended with {code}: {text}{Environment.NewLine}{installation.Service.ReadLog()}");
        }

        narrator.Command(command);
        narrator.Found("(curl is not on the PATH: this program sends the same request)");
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = await createContent(cancellationToken) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await _http.SendAsync(request, completion, cancellationToken);
        if (output is not null)
        {
            await using var file = File.Create(Path.Combine(directory, output));
            await answer.Content.CopyToAsync(file, cancellationToken);
        }

        return (int)answer.StatusCode;
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using TfeBackup.Installations.Http;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations;

/// <summary>
/// Asks the application whether it is ready (<c>/api/v1/health/readiness</c>, where that does not exist the older
/// <c>/_health_check</c>), and the service beside it (<c>/_backup/api/v1/health</c>, which the vendor's does not have).
/// </summary>
/// <param name="connection">The HTTP connection.</param>
/// <param name="application">The application's address.</param>
/// <param name="isExact">True if that is the configured readiness address itself, not its base.</param>
/// <param name="options">The timeouts.</param>
/// <param name="time">The clock for timeouts.</param>
internal sealed class ReadinessProbe(
    HttpMessageInvoker connection, Uri application, bool isExact, ApiInstallationOptions options, TimeProvider time)
{
    private const string Readiness = "/api/v1/health/readiness";
    private const string HealthCheck = "/_health_check";
    private const string ServiceHealth = "/_backup/api/v1/health";

    // The application limits its checks to 30 s; its default is 1 s.
    private const string ReadinessTimeout = "?timeout=10";

    /// <summary>Asks both at once.</summary>
    /// <param name="service">The service's endpoint.</param>
    /// <param name="token">Its token.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<InstallationStatus> AskAsync(Uri service, string token, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.StatusTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var answers = await Task.WhenAll(AskApplicationAsync(ending.Token), AskServiceAsync(service, token, ending.Token));
        cancellationToken.ThrowIfCancellationRequested();
        return answers[1].IsTokenRefused
            ? throw new OperationException(
                OperationError.Refused,
                $"{service.GetLeftPart(UriPartial.Authority)} rejected the token: TokenSecret must hold this installation's own backup token, shown on its settings dashboard.")
            : Combine(answers[0], answers[1]);
    }

    /// <summary>Asks the application alone, where there is no service beside it.</summary>
    public async Task<InstallationStatus> AskApplicationAloneAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.StatusTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var answer = await AskApplicationAsync(ending.Token);
        cancellationToken.ThrowIfCancellationRequested();
        return new InstallationStatus { Ready = answer.Ready == true, Detail = answer.Detail, Draining = answer.Draining };
    }

    private static InstallationStatus Combine(Answer application, Answer service)
    {
        var known = new[] { application, service }.Where(answer => answer.Ready is not null).ToList();
        return new InstallationStatus
        {
            // At least one yes and no no.
            Ready = known.Count > 0 && known.All(answer => answer.Ready == true),
            Detail = string.Join("; ", (known.Count > 0 ? known : [application, service]).Select(answer => answer.Detail)),
            Draining = application.Draining,
            Content = service.Content,
            FreeBytes = service.FreeBytes,
            ProductVersion = service.ProductVersion,
        };
    }

    private static Answer Absent(string detail) => new(null, detail);

    private async Task<Answer> AskApplicationAsync(CancellationToken cancellationToken)
    {
        if (application.AbsolutePath != "/" && isExact)
        {
            var address = application.AbsoluteUri;
            return await AskAsync(
                address.EndsWith(Readiness, StringComparison.Ordinal) ? address + ReadinessTimeout : address, mayBeAbsent: false, token: null, cancellationToken);
        }

        var root = application.AbsoluteUri.TrimEnd('/');
        var readiness = await AskAsync(root + Readiness + ReadinessTimeout, mayBeAbsent: true, token: null, cancellationToken);
        if (readiness.Ready is not null)
        {
            return readiness;
        }

        // Versions before 1.0 have only this address, versions from 2.0 only the other.
        var older = await AskAsync(root + HealthCheck, mayBeAbsent: true, token: null, cancellationToken);
        return older.Ready is not null ? older : Absent($"{readiness.Detail}, {older.Detail}");
    }

    private async Task<Answer> AskServiceAsync(Uri service, string token, CancellationToken cancellationToken)
    {
        // Reasons are only returned with a token.
        var answer = await AskAsync(service.AbsoluteUri.TrimEnd('/') + ServiceHealth, mayBeAbsent: true, token, cancellationToken);

        // Anything but our JSON comes from a service without this endpoint.
        return answer.IsJson || answer.Unreachable ? answer : Absent(answer.Detail);
    }

    private async Task<Answer> AskAsync(string address, bool mayBeAbsent, string? token, CancellationToken cancellationToken)
    {
        var asked = $"GET {new Uri(address).GetLeftPart(UriPartial.Path)}";
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            using var response = await connection.SendAsync(request, cancellationToken);
            var body = await ServiceAnswer.ReadBodyAsync(response, cancellationToken);
            return Read($"{asked}: {(int)response.StatusCode}", response, body, mayBeAbsent);
        }
        catch (HttpRequestException e)
        {
            return new Answer(false, $"{asked}: {e.Message}") { Unreachable = true };
        }
        catch (OperationCanceledException)
        {
            return new Answer(false, $"{asked}: no response within {options.StatusTimeout.TotalSeconds:0} s") { Unreachable = true };
        }
    }

    private static Answer Read(string asked, HttpResponseMessage response, string body, bool mayBeAbsent)
    {
        if (mayBeAbsent && response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Gone)
        {
            return Absent(asked);
        }

        if (response.Content.Headers.ContentType?.MediaType is "text/html" && response.IsSuccessStatusCode)
        {
            return mayBeAbsent ? Absent($"{asked} with a web page") : new Answer(false, $"{asked} with a web page instead of a status");
        }

        var ok = response.StatusCode == HttpStatusCode.OK;
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return Read(asked, ok, document.RootElement);
            }
        }
        catch (JsonException)
        {
            // Plain text from the older endpoint.
        }

        var said = ServiceAnswer.Quote(body, []);
        return new Answer(ok, said.Length > 0 ? $"{asked}, {said}" : asked)
        {
            Draining = said.Contains("DRAINING", StringComparison.OrdinalIgnoreCase),
        };
    }

    private static Answer Read(string asked, bool ok, JsonElement json)
    {
        var status = Text(json, "status");
        var failing = string.Join(", ", Checks(json).Where(check => !IsGood(check.Status)).Select(check => $"{check.Name}: {check.Detail ?? check.Status}"));
        return new Answer(
            ok && (status is null || IsGood(status)),
            string.Join(", ", new[] { asked, status, ServiceAnswer.Quote(failing, []) }.Where(part => !string.IsNullOrEmpty(part))))
        {
            IsJson = true,
            Draining = string.Equals(status, "DRAINING", StringComparison.OrdinalIgnoreCase),
            ProductVersion = Text(json, "productVersion"),
            FreeBytes = json.TryGetProperty("freeBytes", out var free) && free.ValueKind == JsonValueKind.Number && free.TryGetInt64(out var bytes) ? bytes : null,
            IsTokenRefused = Text(json, "token") == "refused",
            Content = Text(json, "content") switch
            {
                "empty" => InstallationContent.Empty,
                "data" => InstallationContent.HoldsData,
                "objects" => InstallationContent.HoldsObjects,
                _ => InstallationContent.Unknown,
            },
        };
    }

    private static bool IsGood(string status) =>
        status.Equals("OK", StringComparison.OrdinalIgnoreCase) || status.Equals("healthy", StringComparison.OrdinalIgnoreCase);

    /// <summary>Checks as an object (<c>{"database": "OK"}</c> or <c>{"database": {"status": "OK"}}</c>) or as an array with names.</summary>
    private static IEnumerable<(string Name, string Status, string? Detail)> Checks(JsonElement json)
    {
        if (!json.TryGetProperty("checks", out var checks))
        {
            yield break;
        }

        if (checks.ValueKind == JsonValueKind.Object)
        {
            foreach (var check in checks.EnumerateObject())
            {
                var status = check.Value.ValueKind == JsonValueKind.String ? check.Value.GetString() : Text(check.Value, "status");
                yield return (check.Name, status ?? "OK", Text(check.Value, "detail"));
            }
        }
        else if (checks.ValueKind == JsonValueKind.Array)
        {
            foreach (var check in checks.EnumerateArray())
            {
                yield return (Text(check, "name") ?? "check", Text(check, "status") ?? "OK", Text(check, "detail"));
            }
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>The response of one address. <paramref name="Ready"/> is null where there is no such address.</summary>
    private sealed record Answer(bool? Ready, string Detail)
    {
        public bool IsJson { get; init; }

        public bool Unreachable { get; init; }

        public bool Draining { get; init; }

        public InstallationContent Content { get; init; }

        public string? ProductVersion { get; init; }

        public long? FreeBytes { get; init; }

        public bool IsTokenRefused { get; init; }
    }
}

using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace TfeBackup.Demo;

/// <summary>Fills an installation through its application, as its users would, with content that a restore can get wrong.</summary>
internal sealed class Filling(Installation installation)
{
    public const int Workspaces = 200;
    public const int StatesEach = 10;
    public const int SecretsEach = 6;
    public const string User = "ada";
    public const string Password = "Grüße, \"quoted\" & 100 %";

    private const int Users = 20;
    private const int AtOnce = 8;

    /// <summary>The workspaces' names.</summary>
    public static IEnumerable<string> Names => Enumerable.Range(1, Workspaces).Select(Name);

    /// <summary>Fills it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var http = installation.CreateClient(User, Password);
        await PostAsync(http, "/api/v1/users/first", new JsonObject { ["name"] = User, ["password"] = Password, ["otpSecret"] = Secret(20) }, cancellationToken);
        for (var i = 1; i <= Users; i++)
        {
            var user = new JsonObject { ["name"] = $"user {i} é", ["password"] = Secret(12), ["role"] = i % 3 == 0 ? "writer" : "reader" };
            if (i % 2 == 0)
            {
                user["otpSecret"] = i % 4 == 0 ? "" : Secret(20);
            }

            await PostAsync(http, "/api/v1/users", user, cancellationToken);
        }

        await Parallel.ForEachAsync(
            Enumerable.Range(1, Workspaces),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            (i, cancel) => FillWorkspaceAsync(http, i, cancel));
    }

    /// <summary>Brings the materialised view up to date, as a restore leaves it.</summary>
    public async Task RefreshSummariesAsync(CancellationToken cancellationToken)
    {
        using var http = installation.CreateClient(User, Password);
        await PostAsync(http, "/api/v1/summaries/refresh", [], cancellationToken);
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"workspace-{i:000}");

    private static string Secret(int length) => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length);

    private static async ValueTask FillWorkspaceAsync(HttpClient http, int i, CancellationToken cancellationToken)
    {
        var name = Name(i);
        var workspace = new JsonObject
        {
            ["name"] = name,
            ["description"] = $"Line one\nLine two\tof {name} \\. \\N 'quoted' “Ω”",
            ["tags"] = new JsonArray($"team-{i % 7}", "a,b", "{}", "\"", ""),
            ["settings"] = i % 2 == 0 ? new JsonObject { ["auto_apply"] = i % 4 == 0, ["note"] = "vault:plaintext:fake:AAAA" } : [],
        };
        await PostAsync(http, "/api/v1/workspaces", workspace, cancellationToken);
        for (var n = 1; n <= SecretsEach; n++)
        {
            await SetAsync(http, name, $"secret_{n}", SecretValue(i, n), sensitive: true, n % 2 == 0 ? "env" : "terraform", cancellationToken);
        }

        // It looks like ciphertext, but nobody encrypted it: a restore has to leave it alone.
        await SetAsync(http, name, "region", i % 10 == 0 ? "vault:v1:c29tZXRoaW5n" : "westeurope", sensitive: false, "terraform", cancellationToken);
        for (var serial = 1; serial <= StatesEach; serial++)
        {
            using var state = new StringContent(State(i, serial), Encoding.UTF8, "application/json");
            await EnsureAsync(await http.PostAsync($"/state/{name}", state, cancellationToken), cancellationToken);
        }

        if (i % 25 == 0)
        {
            using var request = new HttpRequestMessage(new HttpMethod("LOCK"), $"/state/{name}")
            {
                Content = new StringContent($$"""{"ID":"{{Guid.NewGuid()}}","Operation":"OperationTypeApply","Who":"ada@laptop","Created":"2026-11-22T10:00:00Z"}"""),
            };
            await EnsureAsync(await http.SendAsync(request, cancellationToken), cancellationToken);
        }
        else if (i % 40 == 1)
        {
            await EnsureAsync(await http.DeleteAsync($"/state/{name}", cancellationToken), cancellationToken);
        }
    }

    private static string SecretValue(int i, int n) =>
        n switch
        {
            1 => Secret(32),
            2 => $"multi\nline\r\n\t\\ of {i} \u0001 🔑",
            3 => $"-----BEGIN KEY-----\n{Convert.ToBase64String(RandomNumberGenerator.GetBytes(2000), Base64FormattingOptions.InsertLineBreaks)}\n-----END KEY-----\n",
            4 when i % 5 == 0 => "",
            4 => "vault:plaintext:app_key:cGxhaW4=",
            _ => $"{{\"user\":\"u{i}\",\"password\":\"{Secret(24)}\"}}",
        };

    // From a few hundred bytes, which are stored as Transit ciphertext, to a few megabytes, which are stored as age files.
    private static string State(int i, int serial)
    {
        var size = (i, serial) switch
        {
            (1, 1) => 6_000_000,
            (_, StatesEach) => 40_000,
            var (_, n) when n % 3 == 0 => 4_000,
            _ => 200,
        };
        return $$$"""
            {"version":4,"terraform_version":"1.11.4","serial":{{{serial}}},"lineage":"{{{new Guid(i, 0, 0, new byte[8])}}}",
            "outputs":{"filler":{"value":"{{{Secret(size)}}}","type":"string"}},"resources":[]}
            """;
    }

    private static Task SetAsync(HttpClient http, string workspace, string key, string value, bool sensitive, string category, CancellationToken cancellationToken) =>
        PostAsync(
            http,
            $"/api/v1/workspaces/{workspace}/variables",
            new JsonObject { ["key"] = key, ["value"] = value, ["sensitive"] = sensitive, ["category"] = category, ["description"] = $"of {workspace}" },
            cancellationToken);

    private static async Task PostAsync(HttpClient http, string path, JsonObject body, CancellationToken cancellationToken) =>
        await EnsureAsync(await http.PostAsJsonAsync(path, body, cancellationToken), cancellationToken);

    private static async Task EnsureAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        using (answer)
        {
            if (!answer.IsSuccessStatusCode)
            {
                throw new DemoException($"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
            }
        }
    }
}

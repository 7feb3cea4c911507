using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.TestSupport.Transit;

/// <summary>A real Vault or OpenBao in dev mode, where its program is on the PATH, with a Transit mount.</summary>
public sealed class VaultDevServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder;
    private readonly SupervisedProcess _process;

    private VaultDevServer(TempFolder folder, SupervisedProcess process, TransitEndpoint endpoint)
    {
        _folder = folder;
        _process = process;
        Endpoint = endpoint;
    }

    /// <summary>The programs on the PATH that can be started: <c>vault</c>, <c>bao</c>, both or none.</summary>
    public static IReadOnlyList<string> Available { get; } = [.. new[] { "vault", "bao" }.Where(ProgramPath.Exists)];

    /// <summary>Where it is reached, with its root token.</summary>
    public TransitEndpoint Endpoint { get; }

    /// <summary>Starts one.</summary>
    /// <param name="program">One of <see cref="Available"/>.</param>
    /// <param name="cancellationToken">Ends the start early.</param>
    public static async Task<VaultDevServer> StartAsync(string program, CancellationToken cancellationToken = default)
    {
        var folder = new TempFolder();
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        while (true)
        {
            var port = FreePort.Next();
            var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
            var start = new ProcessStart(
                program,
                ["server", "-dev", "-dev-no-store-token", $"-dev-listen-address={address.Authority}"],
                folder.Combine("vault.log"))
            {
                Environment = new Dictionary<string, string?>
                {
                    ["VAULT_DEV_ROOT_TOKEN_ID"] = token,
                    ["BAO_DEV_ROOT_TOKEN_ID"] = token,
                    ["HOME"] = folder.Root,
                },
            };
            var process = await ProcessSupervisor.Shared.StartAsync(start, cancellationToken);
            using var http = new HttpClient { BaseAddress = address };
            http.DefaultRequestHeaders.Add("X-Vault-Token", token);
            await WaitFor.ConditionAsync(
                async () => !process.IsRunning || await AnswersAsync(http, cancellationToken), $"{program} to answer", StartTimeout, cancellationToken);
            if (!process.IsRunning)
            {
                if (process.ReadLog().Contains("address already in use", StringComparison.Ordinal))
                {
                    continue;
                }

                var log = process.ReadLog();
                folder.Dispose();
                throw new InvalidOperationException($"{program} did not start:{Environment.NewLine}{log}");
            }

            using var mounted = await http.PostAsJsonAsync("/v1/sys/mounts/transit", new { type = "transit" }, cancellationToken);
            mounted.EnsureSuccessStatusCode();
            return new VaultDevServer(folder, process, new TransitEndpoint(address, token));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync("SIGKILL");
        _folder.Dispose();
    }

    private static async Task<bool> AnswersAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync("/v1/auth/token/lookup-self", cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace TfeBackup.Infra.Tests.Bicep;

/// <summary>
/// The Bicep compiler of the NuGet package, as one process that is asked over its standard streams (JSON-RPC, framed as language servers
/// do): most of what a call of the command line costs is its start.
/// </summary>
internal sealed class BicepCompiler : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<string> _complaints;
    private readonly SemaphoreSlim _turn = new(1);
    private int _calls;

    private BicepCompiler(Process process)
    {
        _process = process;
        _complaints = process.StandardError.ReadToEndAsync();
    }

    public static BicepCompiler Start()
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(Repository.Metadata("Bicep"), ["jsonrpc", "--stdio"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            },
        };
        process.Start();
        return new BicepCompiler(process);
    }

    /// <summary>Compiles and lints a file and everything it refers to.</summary>
    public async Task<Compilation> CompileAsync(string path)
    {
        var result = await CallAsync("bicep/compile", new JsonObject { ["path"] = path });
        return new Compilation(
            (string?)result["contents"],
            [.. result["diagnostics"]!.AsArray().Select(found =>
                $"{found!["source"]} line {(int)found["range"]!["start"]!["line"]! + 1}: {found["level"]} {found["code"]}: {found["message"]}")]);
    }

    /// <summary>A file as the formatter would have it.</summary>
    public async Task<string> FormatAsync(string path) =>
        (string)(await CallAsync("bicep/format", new JsonObject { ["path"] = path }))["contents"]!;

    /// <summary>What a parameter file would deploy, with every expression evaluated that can be without Azure.</summary>
    public async Task<PredictedDeployment> PredictAsync(string path)
    {
        var result = await CallAsync("bicep/getSnapshot", new JsonObject
        {
            ["path"] = path,
            ["metadata"] = new JsonObject
            {
                ["tenantId"] = "22222222-2222-2222-2222-222222222222",
                ["subscriptionId"] = "11111111-1111-1111-1111-111111111111",
                ["resourceGroup"] = "tfe-backup",
                ["location"] = "westeurope",
                ["deploymentName"] = "tfe-backup",
            },
        });
        return PredictedDeployment.Read((string)result["snapshot"]!);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        _turn.Dispose();
    }

    private async Task<JsonNode> CallAsync(string method, JsonObject parameters)
    {
        await _turn.WaitAsync();
        using var deadline = new CancellationTokenSource(Timeout);
        try
        {
            var request = Encoding.UTF8.GetBytes(new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = ++_calls,
                ["method"] = method,
                ["params"] = parameters,
            }.ToJsonString());
            var stream = _process.StandardInput.BaseStream;
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"Content-Length: {request.Length}\r\n\r\n"), deadline.Token);
            await stream.WriteAsync(request, deadline.Token);
            await stream.FlushAsync(deadline.Token);
            var answer = JsonNode.Parse(await ReadMessageAsync(_process.StandardOutput.BaseStream, deadline.Token))!;
            return answer["result"] ?? throw new BicepException((string)answer["error"]!["data"]!["message"]!);
        }
        catch (Exception e) when (e is OperationCanceledException or EndOfStreamException or IOException)
        {
            _process.Kill(entireProcessTree: true);
            throw new BicepException($"{method} of {parameters["path"]} got no answer: {e.Message} {await _complaints}");
        }
        finally
        {
            _turn.Release();
        }
    }

    private static async Task<byte[]> ReadMessageAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new StringBuilder();
        var one = new byte[1];
        while (!header.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, cancellationToken);
            header.Append((char)one[0]);
        }

        var length = header.ToString().Split("\r\n")
            .Select(line => line.Split(':', 2))
            .Single(pair => pair[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase))[1];
        var message = new byte[int.Parse(length, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(message, cancellationToken);
        return message;
    }
}

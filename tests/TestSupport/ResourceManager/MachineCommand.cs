using System.Diagnostics;
using System.Text.Json.Nodes;

namespace TfeBackup.TestSupport.ResourceManager;

/// <summary>One run command of one machine, carried out by a real shell as the machine's agent would.</summary>
internal sealed class MachineCommand(string id, JsonObject resource, bool keepsEnd = true) : IDisposable
{
    // What an instance view keeps of each output.
    private const int KeptOutput = 4096;

    private readonly CancellationTokenSource _deleted = new();

    public string Id => id;

    public JsonObject Resource => resource;

    public string State { get; private set; } = "Pending";

    public int? ExitCode { get; private set; }

    public string Output { get; private set; } = "";

    public string Errors { get; private set; } = "";

    public DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    public bool HasEnded => State is not ("Pending" or "Running");

    public string Script => (string)resource["properties"]!["source"]!["script"]!;

    public TimeSpan Timeout => TimeSpan.FromSeconds((int?)resource["properties"]!["timeoutInSeconds"] ?? 5400);

    /// <summary>Runs the script, with the machine's name in <c>MACHINE</c>.</summary>
    public async Task RunAsync(string machine)
    {
        State = "Running";
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MACHINE"] = machine;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_deleted.Token);
        timeout.CancelAfter(Timeout);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
            (Output, Errors, ExitCode) = (Cut(await output), Cut(await errors), process.ExitCode);
            State = process.ExitCode == 0 ? "Succeeded" : "Failed";
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            State = _deleted.IsCancellationRequested ? "Canceled" : "TimedOut";
        }
    }

    /// <summary>Ends it where it runs.</summary>
    public void Delete() => _deleted.Cancel();

    public void Dispose() => _deleted.Dispose();

    public JsonObject InstanceView() => new()
    {
        ["executionState"] = State,
        ["executionMessage"] = "",
        ["exitCode"] = ExitCode ?? 0,
        ["output"] = Output,
        ["error"] = Errors,
        ["startTime"] = Started.ToString("O"),
        ["statuses"] = new JsonArray(),
    };

    private string Cut(string text) => text.Length <= KeptOutput ? text : keepsEnd ? text[^KeptOutput..] : text[..KeptOutput];
}

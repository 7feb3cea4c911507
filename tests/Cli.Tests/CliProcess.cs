using System.Reflection;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.Cli.Tests;

/// <summary>The real program, started as operators start it.</summary>
internal sealed class CliProcess
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    /// <summary>The program's assembly.</summary>
    public static readonly string ProgramPath = Path.GetFullPath(
        typeof(CliProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Program").Value!);

    private readonly SupervisedProcess _process;
    private readonly string _out;
    private readonly string _error;

    private CliProcess(SupervisedProcess process, string @out, string error)
    {
        _process = process;
        _out = @out;
        _error = error;
    }

    public int ProcessId => _process.ProcessId;

    public bool IsRunning => _process.IsRunning;

    /// <summary>What it has written to standard output so far.</summary>
    public string Out => Read(_out);

    /// <summary>What it has written to standard error so far.</summary>
    public string Error => Read(_error);

    /// <summary>Starts the program in a folder, where its output is kept too.</summary>
    public static async Task<CliProcess> StartAsync(
        TempFolder folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? input = null)
    {
        var name = Guid.NewGuid().ToString("N")[..8];
        var @out = folder.Combine($"{name}.stdout");
        var error = folder.Combine($"{name}.stderr");

        // A shell that becomes the program, for what the supervisor does not do: keep the two outputs apart, and give it an input.
        var start = new ProcessStart(
            "sh",
            ["-c", "exec \"$@\" >\"$CLI_OUT\" 2>\"$CLI_ERR\" <\"$CLI_IN\"", "sh",
                "dotnet", ProgramPath, .. arguments],
            folder.Combine($"{name}.log"))
        {
            WorkingDirectory = folder.Root,
            Environment = new Dictionary<string, string?>(environment ?? new Dictionary<string, string?>())
            {
                ["CLI_OUT"] = @out,
                ["CLI_ERR"] = error,
                ["CLI_IN"] = input ?? "/dev/null",
                ["DOTNET_TieredPGO"] = "0",
            },
        };
        return new CliProcess(await ProcessSupervisor.Shared.StartAsync(start), @out, error);
    }

    /// <summary>Runs the program to its end.</summary>
    public static async Task<CliResult> RunAsync(
        TempFolder folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? input = null)
    {
        var process = await StartAsync(folder, arguments, environment, input);
        return await process.EndAsync();
    }

    /// <summary>Runs the program to its end on a terminal, at which something is typed.</summary>
    public static async Task<CliResult> RunOnTerminalAsync(
        TempFolder folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?> environment, string typed)
    {
        var name = Guid.NewGuid().ToString("N")[..8];
        var screen = folder.Combine($"{name}.screen");
        var input = folder.Combine($"{name}.typed");
        await File.WriteAllTextAsync(input, typed);
        var start = new ProcessStart(
            "sh", ["-c", "exec script -qec \"$CLI_COMMAND\" /dev/null >\"$CLI_OUT\" <\"$CLI_IN\""], folder.Combine($"{name}.log"))
        {
            WorkingDirectory = folder.Root,
            Environment = new Dictionary<string, string?>(environment)
            {
                ["CLI_COMMAND"] = string.Join(' ', ((string[])["dotnet", ProgramPath, .. arguments]).Select(part => $"'{part}'")),
                ["CLI_OUT"] = screen,
                ["CLI_IN"] = input,
                ["TERM"] = "xterm",
            },
        };
        var process = new CliProcess(await ProcessSupervisor.Shared.StartAsync(start), screen, screen);
        return await process.EndAsync();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<CliResult> EndAsync()
    {
        try
        {
            return new CliResult(await _process.Exited.WaitAsync(Deadline), Out, Error);
        }
        catch (TimeoutException)
        {
            await _process.StopAsync("SIGKILL");
            throw new TimeoutException($"tfe-backup did not end in {Deadline}.\n{Out}\n{Error}");
        }
    }

    public void Signal(string signal) => _process.Signal(signal);

    public Task KillAsync() => _process.StopAsync("SIGKILL");

    private static string Read(string path)
    {
        if (!File.Exists(path))
        {
            return "";
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}

using System.Text.RegularExpressions;

namespace TfeBackup.TestSupport.Processes;

/// <summary>
/// An ASP.NET Core program of this solution as a real process of its own, listening on a free port. It does not outlive this
/// process, even if that is killed.
/// </summary>
public sealed partial class AppProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder;
    private readonly ProcessStart _start;
    private SupervisedProcess _process;
    private int _logged;

    private AppProcess(TempFolder folder, ProcessStart start, SupervisedProcess process)
    {
        _folder = folder;
        _start = start;
        _process = process;
    }

    /// <summary>Where it listens; the same after <see cref="StartAgainAsync"/>.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>Its process id.</summary>
    public int ProcessId => _process.ProcessId;

    /// <summary>Whether it still runs.</summary>
    public bool IsRunning => _process.IsRunning;

    /// <summary>Completes with its exit code when it ends.</summary>
    public Task<int> Exited => _process.Exited;

    /// <summary>The largest resident set it has had so far, in bytes, as the kernel counts it; Linux only, while it runs.</summary>
    public long PeakMemory => _process.PeakMemory;

    /// <summary>Starts a program and waits until it listens.</summary>
    /// <param name="program">The path of its assembly, <c>….dll</c>, or of a program that brings what it needs.</param>
    /// <param name="settings">Its configuration, <c>Section:Key</c> to value; passed by environment, since it may hold secrets.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <exception cref="InvalidOperationException">It ended instead; the message holds what it wrote.</exception>
    public static async Task<AppProcess> StartAsync(
        string program, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken = default)
    {
        var app = await LaunchAsync(program, settings, cancellationToken);
        try
        {
            await app.WaitUntilListeningAsync(cancellationToken);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a program without waiting for anything.</summary>
    public static async Task<AppProcess> LaunchAsync(
        string program, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken = default)
    {
        var folder = new TempFolder();
        var environment = settings.ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => (string?)setting.Value);
        environment.TryAdd("Urls", "http://127.0.0.1:0");
        var start = (Path.GetExtension(program) == ".dll" ? new ProcessStart("dotnet", [program], folder.Combine("log")) : new ProcessStart(program, [], folder.Combine("log"))) with
        {
            Environment = environment,
            WorkingDirectory = folder.Root,
        };
        return new AppProcess(folder, start, await ProcessSupervisor.Shared.StartAsync(start, cancellationToken));
    }

    /// <summary>What it has logged so far.</summary>
    public string ReadLog() => _process.ReadLog();

    /// <summary>Asks it to end (SIGTERM) and waits.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> StopAsync() => _process.StopAsync("SIGTERM");

    /// <summary>Kills it (SIGKILL) and waits.</summary>
    public Task KillAsync() => _process.StopAsync("SIGKILL");

    /// <summary>Starts it again after it ended, with the same settings at the same address, and waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message holds what it wrote.</exception>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        await _process.Exited.WaitAsync(cancellationToken);
        _logged = ReadLog().Length;
        var environment = _start.Environment.ToDictionary();
        environment["Urls"] = Address.GetLeftPart(UriPartial.Authority);
        _process = await ProcessSupervisor.Shared.StartAsync(_start with { Environment = environment }, cancellationToken);
        await WaitUntilListeningAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync("SIGTERM");
        _folder.Dispose();
    }

    private Task WaitUntilListeningAsync(CancellationToken cancellationToken) =>
        WaitFor.ConditionAsync(Listens, $"{Path.GetFileName(_start.Arguments.FirstOrDefault(_start.File))} to listen", StartTimeout, cancellationToken);

    private bool Listens()
    {
        var running = _process.IsRunning;
        var log = _process.ReadLog()[_logged..];
        if (!running)
        {
            throw new InvalidOperationException($"{string.Join(' ', [_start.File, .. _start.Arguments])} ended instead of listening:{Environment.NewLine}{log}");
        }

        var match = ListeningOn().Match(log);
        if (match.Success)
        {
            Address = new Uri(match.Groups[1].Value);
        }

        return match.Success;
    }

    [GeneratedRegex(@"Now listening on: (http\S+)")]
    private static partial Regex ListeningOn();
}

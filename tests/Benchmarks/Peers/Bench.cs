using TfeBackup.Benchmarks.Peers.Measuring;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Postgres;

namespace TfeBackup.Benchmarks.Peers;

/// <summary>The servers, folders and data that the suites share.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private const string MemoryFolder = "/dev/shm";

    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, object> _once = [];
    private readonly List<string> _memory = [];
    private AzuriteServer? _azurite;

    private Bench(PeerOptions options, PostgresServer postgres)
    {
        Options = options;
        Postgres = postgres;
        Report = new Report(options.Scale, options.Rounds);
        Key = _folder.Combine("key");
    }

    public PeerOptions Options { get; private set; }

    public PostgresServer Postgres { get; }

    public Report Report { get; }

    /// <summary>The file of the key that others encrypt under; they derive none from a password, which takes ours a second.</summary>
    public string Key { get; }

    /// <summary>Encrypts for <see cref="Key"/>, as a part of a shell's pipeline.</summary>
    public string Encrypt => $"age -r $(age-keygen -y {Key})";

    /// <summary>Decrypts with <see cref="Key"/>.</summary>
    public string Decrypt => $"age -d -i {Key}";

    /// <summary>The services to measure: ours, and an older one if asked for.</summary>
    public IEnumerable<(string Name, string Program)> Services =>
        Options.Before is { } before ? [(Contest.Ours, Options.Service), ("before", before)] : [(Contest.Ours, Options.Service)];

    public static async Task<Bench> StartAsync(PeerOptions options)
    {
        // The dump program reads servers of its own version and older ones.
        var version = PeerTools.DumpVersion() ?? PostgresBinaries.Newest;
        var postgres = await PostgresServer.StartAsync(
            PostgresBinaries.Installed.Last(installed => installed <= version), new Dictionary<string, string> { ["shared_buffers"] = "'256MB'" });
        var bench = new Bench(options, postgres);
        if (options.Published)
        {
            await bench.PublishAsync();
        }

        if (PeerTools.Missing("age-keygen").Count == 0)
        {
            await PeerTools.RunAsync($"age-keygen -o {bench.Key}");
        }

        Console.WriteLine($"PostgreSQL {postgres.MajorVersion}, fsync off; {Environment.ProcessorCount} cores; service {bench.Options.Service}{(options.Before is { } before ? $", before {before}" : "")}");
        return bench;
    }

    /// <summary>An amount at this run's scale, at least 1.</summary>
    public int Scaled(int amount) => (int)Math.Max(1, Math.Round(amount * Options.Scale));

    /// <summary>A contest in which this bench's servers take part.</summary>
    public Contest NewContest(string suite, string work) => new(suite, work, () => [Postgres.ProcessId, .. _azurite is null ? [] : (int[])[_azurite.ProcessId]]);

    /// <summary>Whether others can be compared with; says so where not.</summary>
    public bool Has(string suite, params string[] programs)
    {
        if (PeerTools.Missing(programs) is { Count: > 0 } missing)
        {
            Report.Skip($"{suite} beside {string.Join(" | ", programs)}: {string.Join(", ", missing)} not on the PATH");
            return false;
        }

        return true;
    }

    /// <summary>A new folder on the disk.</summary>
    public string NewFolder() => Directory.CreateDirectory(_folder.Combine(Path.GetRandomFileName())).FullName;

    /// <summary>A new folder in memory where there is such a place, so that no disk is measured.</summary>
    public string NewMemoryFolder()
    {
        if (!Directory.Exists(MemoryFolder))
        {
            return NewFolder();
        }

        var folder = Directory.CreateDirectory(Path.Combine(MemoryFolder, $"tfe-backup-{Path.GetRandomFileName()}")).FullName;
        TestSupport.Processes.ProcessSupervisor.Shared.Own(folder);
        _memory.Add(folder);
        return folder;
    }

    public async Task<AzuriteServer> AzuriteAsync() => _azurite ??= await AzuriteServer.StartAsync();

    /// <summary>What several suites need, done once.</summary>
    public async Task<T> OnceAsync<T>(string name, Func<Task<T>> make)
        where T : notnull => (T)(_once.TryGetValue(name, out var made) ? made : _once[name] = await make());

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _once.Values.OfType<BenchInstallation>())
        {
            await source.DisposeAsync();
        }

        await (_azurite?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Postgres.DisposeAsync();
        foreach (var folder in _memory.Where(Directory.Exists))
        {
            Directory.Delete(folder, recursive: true);
        }

        _folder.Dispose();
    }

    private async Task PublishAsync()
    {
        string Program(string name) => Path.Combine(_folder.Root, name);
        var sources = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Options.CommandLine)!, "..", "..", "..", ".."));
        foreach (var project in (string[])["Server", "Cli"])
        {
            await PeerTools.RunAsync(
                $"dotnet publish {Path.Combine(sources, project)} -c Release -p:PackageRuntime=linux-x64 --nologo -v q -o {Program(project)} >&2");
        }

        Options = Options with { Service = Path.Combine(Program("Server"), "TfeBackup.Server"), CommandLine = Path.Combine(Program("Cli"), "tfe-backup") };
    }
}

using TfeBackup.Infra.Tests.Monitoring;
using TfeBackup.TestSupport;

namespace TfeBackup.Infra.Tests.Bicep;

/// <summary>A copy of <c>infra</c> and what the compiler makes of it, each thing at most once a run.</summary>
public sealed class InfraFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly Lazy<BicepCompiler> _compiler = new(BicepCompiler.Start);
    private readonly Lazy<Task<Compilation>> _main;
    private readonly Lazy<Task<PredictedDeployment>> _production;
    private readonly Lazy<Task<PredictedDeployment>> _test;
    private readonly Lazy<Task<PredictedDeployment>> _everything;
    private readonly Lazy<Task<PredictedDeployment>> _machines;
    private readonly Lazy<Task<IReadOnlyDictionary<string, QueryAnalysis>>> _queries;

    public InfraFixture()
    {
        Copy(Repository.Combine("infra"));
        foreach (var path in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Deployment"), "*.bicepparam"))
        {
            File.Copy(path, _folder.Combine("environments", Path.GetFileName(path)));
        }

        _main = new(() => Compiler.CompileAsync(_folder.Combine("main.bicep")));
        _production = new(() => PredictAsync("production"));
        _test = new(() => PredictAsync("test"));
        _everything = new(() => PredictAsync("everything"));
        _machines = new(() => PredictAsync("machines"));
        _queries = new(async () =>
        {
            var deployment = await ProductionAsync();
            return await QueryAnalysis.OfAsync(
                deployment.AlertQueries.Select(query => KeyValuePair.Create("alert " + query.Key, query.Value))
                    .Concat(deployment.WorkbookQueries.Select(query => KeyValuePair.Create("workbook " + query.Key, query.Value)))
                    .ToDictionary(StringComparer.Ordinal));
        });
    }

    /// <summary>The compiler.</summary>
    internal BicepCompiler Compiler => _compiler.Value;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_compiler.IsValueCreated)
        {
            await _compiler.Value.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>The template, and whatever there is to complain about in any of the files.</summary>
    internal Task<Compilation> CompileAsync() => _main.Value;

    /// <summary>What <c>production.bicepparam</c> deploys.</summary>
    internal Task<PredictedDeployment> ProductionAsync() => _production.Value;

    /// <summary>What <c>test.bicepparam</c> deploys.</summary>
    internal Task<PredictedDeployment> TestAsync() => _test.Value;

    /// <summary>What a parameter file deploys that uses what those two leave alone: Premium, a network that exists, Entra ID, every kind of setting.</summary>
    internal Task<PredictedDeployment> EverythingAsync() => _everything.Value;

    /// <summary>What a parameter file deploys whose installations are restarted by run commands.</summary>
    internal Task<PredictedDeployment> MachinesAsync() => _machines.Value;

    internal async Task<IReadOnlyList<PredictedDeployment>> AllAsync() =>
        [await ProductionAsync(), await TestAsync(), await EverythingAsync(), await MachinesAsync()];

    /// <summary>What the queries of <c>production.bicepparam</c> say, by <c>alert</c> or <c>workbook</c> and name.</summary>
    internal Task<IReadOnlyDictionary<string, QueryAnalysis>> QueriesAsync() => _queries.Value;

    /// <summary>Adds a file to the copy.</summary>
    internal async Task<string> WriteAsync(string path, string content)
    {
        await File.WriteAllTextAsync(_folder.Combine(path), content);
        return _folder.Combine(path);
    }

    private Task<PredictedDeployment> PredictAsync(string name) => Compiler.PredictAsync(_folder.Combine("environments", name + ".bicepparam"));

    private void Copy(string from)
    {
        foreach (var path in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = _folder.Combine(Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }
    }
}

using TfeBackup.Infra.Tests.Monitoring;
using TfeBackup.TestSupport;

namespace TfeBackup.Infra.Tests.Bicep;

/// <summary>
/// A copy of <c>infra</c> and what the compiler makes of it, each thing at most once a run: a call of the compiler takes seconds.
/// </summary>
public sealed class InfraFixture : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Lazy<Task<BicepOutput>> _build;
    private readonly Lazy<Task<PredictedDeployment>> _production;
    private readonly Lazy<Task<PredictedDeployment>> _test;
    private readonly Lazy<Task<PredictedDeployment>> _everything;
    private readonly Lazy<Task<IReadOnlyDictionary<string, QueryAnalysis>>> _queries;

    public InfraFixture()
    {
        Copy(Repository.Combine("infra"), Folder);
        foreach (var path in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Deployment"), "*.bicepparam"))
        {
            File.Copy(path, Path.Combine(Folder, "environments", Path.GetFileName(path)));
        }

        _build = new(() => BicepCompiler.RunAsync(Folder, "build", "main.bicep", "--stdout"));
        _production = new(() => BicepCompiler.PredictAsync(Folder, "environments/production.bicepparam"));
        _test = new(() => BicepCompiler.PredictAsync(Folder, "environments/test.bicepparam"));
        _everything = new(() => BicepCompiler.PredictAsync(Folder, "environments/everything.bicepparam"));
        _queries = new(async () =>
        {
            var deployment = await ProductionAsync();
            return await QueryAnalysis.OfAsync(
                deployment.AlertQueries.Select(query => KeyValuePair.Create("alert " + query.Key, query.Value))
                    .Concat(deployment.WorkbookQueries.Select(query => KeyValuePair.Create("workbook " + query.Key, query.Value)))
                    .ToDictionary(StringComparer.Ordinal));
        });
    }

    /// <summary>The copy of <c>infra</c>.</summary>
    internal string Folder => _folder.Root;

    /// <summary>The output of compiling <c>main.bicep</c>: the template, and whatever there is to complain about in any of the files.</summary>
    internal Task<BicepOutput> BuildAsync() => _build.Value;

    /// <summary>What <c>production.bicepparam</c> deploys.</summary>
    internal Task<PredictedDeployment> ProductionAsync() => _production.Value;

    /// <summary>What <c>test.bicepparam</c> deploys.</summary>
    internal Task<PredictedDeployment> TestAsync() => _test.Value;

    /// <summary>What a parameter file deploys that uses what those two leave alone: Premium, a network that exists, Entra ID, every kind of setting.</summary>
    internal Task<PredictedDeployment> EverythingAsync() => _everything.Value;

    /// <summary>What the queries of <c>production.bicepparam</c> say, by <c>alert</c> or <c>workbook</c> and name.</summary>
    internal Task<IReadOnlyDictionary<string, QueryAnalysis>> QueriesAsync() => _queries.Value;

    internal async Task<IReadOnlyList<PredictedDeployment>> AllAsync() => await Task.WhenAll(ProductionAsync(), TestAsync(), EverythingAsync());

    public void Dispose() => _folder.Dispose();

    internal static void Copy(string from, string to)
    {
        foreach (var path in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }
    }
}

using System.Diagnostics;
using System.Text.Json;
using TfeBackup.TestSupport;

namespace TfeBackup.Infra.Tests.Monitoring;

/// <summary>What a query says, as the parser of the query language itself understands it.</summary>
/// <param name="Faults">Errors and warnings, with line.</param>
/// <param name="Tables">Tables it reads.</param>
/// <param name="Columns">Columns of its result.</param>
/// <param name="Properties">Names read from the column <c>Properties</c>.</param>
/// <param name="Compared">Texts that an expression is compared with, by the expression.</param>
internal sealed record QueryAnalysis(
    IReadOnlyList<string> Faults,
    IReadOnlyList<string> Tables,
    IReadOnlyList<string> Columns,
    IReadOnlyList<string> Properties,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Compared)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    /// <summary>Texts that an expression is compared with; none where it is not compared.</summary>
    public IReadOnlyList<string> ComparedWith(string expression) => Compared.GetValueOrDefault(expression, []);

    /// <summary>Parses queries, all in one start of the parser.</summary>
    public static async Task<IReadOnlyDictionary<string, QueryAnalysis>> OfAsync(IReadOnlyDictionary<string, string> queries)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(
            "node", [Path.Combine(AppContext.BaseDirectory, "Monitoring", "analyse.mjs"), NpmPackages.Find("@kusto/language-service-next")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        process.Start();
        using var deadline = new CancellationTokenSource(Timeout);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var error = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.StandardInput.WriteAsync(
                JsonSerializer.Serialize(new { tables = LogTables.Columns, queries }).AsMemory(), deadline.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            Assert.True(process.ExitCode == 0, $"analyse.mjs ended with {process.ExitCode}: {await error}");
            return JsonSerializer.Deserialize<Dictionary<string, QueryAnalysis>>(await output, JsonSerializerOptions.Web)!;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"analyse.mjs did not end within {Timeout}.");
        }
    }
}

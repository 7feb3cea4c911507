using System.Diagnostics;

namespace TfeBackup.Infra.Tests.Bicep;

/// <summary>Runs the Bicep compiler of the NuGet package, in a folder of its own.</summary>
internal static class BicepCompiler
{
    public const string Subscription = "11111111-1111-1111-1111-111111111111";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<BicepOutput> RunAsync(string folder, params string[] arguments)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(Repository.Metadata("Bicep"), arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // Nothing of this machine decides what a file compiles to.
        process.StartInfo.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        process.StartInfo.Environment["BICEP_TRACING_ENABLED"] = "false";
        process.Start();
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var error = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return new BicepOutput(process.ExitCode, await output, (await error).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"bicep {string.Join(' ', arguments)} did not end within {Patience}.");
        }
    }

    /// <summary>What a parameter file would deploy, with every expression evaluated that can be without Azure.</summary>
    public static async Task<PredictedDeployment> PredictAsync(string folder, string parameters)
    {
        var output = await RunAsync(
            folder, "snapshot", parameters, "--mode", "overwrite", "--subscription-id", Subscription, "--resource-group", "tfe-backup",
            "--tenant-id", "22222222-2222-2222-2222-222222222222", "--location", "westeurope");
        Assert.True(output.ExitCode == 0 && output.Error.Length == 0, $"{parameters}: {output.Error}{output.Output}");
        return PredictedDeployment.Read(Path.Combine(folder, Path.ChangeExtension(parameters, ".snapshot.json")));
    }
}

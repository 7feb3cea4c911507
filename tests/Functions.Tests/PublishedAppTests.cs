using System.Diagnostics;
using System.Text.Json.Nodes;
using TfeBackup.Operations;
using TfeBackup.TestSupport;

namespace TfeBackup.Functions.Tests;

/// <summary>What <c>dotnet publish</c> makes of the app, as the pipeline deploys it.</summary>
public sealed class PublishedAppTests : IAsyncLifetime
{
    private static readonly TimeSpan PublishDeadline = TimeSpan.FromMinutes(10);

    private readonly TempFolder _folder = new();

    public async Task InitializeAsync()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = Repository(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "publish", "src/Functions", "--configuration", "Release", "--runtime", "linux-x64", "--self-contained", "false",
                "--output", _folder.Root, "-nodeReuse:false", "-p:UseSharedCompilation=false",
            },
        };

        // The test host's own settings would bend the build that it starts.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var publish = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(PublishDeadline);
        var output = publish.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = publish.StandardError.ReadToEndAsync(deadline.Token);
        await publish.WaitForExitAsync(deadline.Token);
        Assert.True(publish.ExitCode == 0, await output + await errors);
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task It_has_the_documented_functions_and_the_durable_extension_and_nothing_of_other_platforms()
    {
        var functions = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Root, "functions.metadata")))!.AsArray();
        Assert.Equal(
            FunctionListTests.DocumentedNames().Order(StringComparer.Ordinal),
            functions.Select(function => function!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal));

        var extensions = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Root, "extensions.json")))!["extensions"]!.AsArray();
        Assert.Contains(extensions, extension => extension!["name"]!.GetValue<string>() == "DurableTask");

        var files = Directory.EnumerateFiles(_folder.Root, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_folder.Root, file)).ToList();
        Assert.Contains(files, file => Path.GetFileName(file) == "libzstd.so");
        Assert.DoesNotContain(files, file => IsOfAnotherPlatform(file.Split(Path.DirectorySeparatorChar)));
        Assert.DoesNotContain(files, file => Path.GetExtension(file) is ".dylib" or ".a" or ".exe");

        // Host metrics, invocations and the log stream of timer and Durable triggers are the Application Insights SDK's; what the trigger says of
        // each poll would bury everything else.
        var host = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Root, "host.json")))!;
        Assert.Null(host["telemetryMode"]);
        Assert.Equal("Warning", (string?)host["logging"]!["logLevel"]!["Host.Triggers.DurableTask"]);
        Assert.False((bool)host["logging"]!["applicationInsights"]!["samplingSettings"]!["isEnabled"]!);

        // What a newer version has started waits for it.
        var durable = host["extensions"]!["durableTask"]!;
        Assert.Equal(
            (OperationCatalog.Version, "CurrentOrOlder", "Reject"),
            ((string?)durable["defaultVersion"], (string?)durable["versionMatchStrategy"], (string?)durable["versionFailureStrategy"]));
    }

    private static bool IsOfAnotherPlatform(string[] parts) =>
        Array.IndexOf(parts, "runtimes") is var at and >= 0 && parts[at + 1] is not ("unix" or "linux" or "linux-x64");

    private static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Functions.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("Functions.sln is in none of the folders above the test.");
    }
}

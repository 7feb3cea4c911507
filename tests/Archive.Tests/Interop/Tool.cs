using System.Diagnostics;

namespace TfeBackup.Archive.Tests.Interop;

/// <summary>Programs that this machine has, run to their end.</summary>
internal static class Tool
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    /// <summary>Whether there is a program of this name on the PATH.</summary>
    public static bool Exists(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, name)) || File.Exists(Path.Combine(folder, name + ".exe")));

    /// <summary>Runs a program and gives what it wrote.</summary>
    public static async Task<string> RunAsync(string name, string[] arguments, string input = "", int expectedExitCode = 0)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var start = new ProcessStartInfo(name, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{name} did not end: {string.Join(' ', arguments)}");
        }

        return process.ExitCode == expectedExitCode
            ? await output
            : throw new InvalidOperationException($"{name} ended with {process.ExitCode}: {await errors}{await output}");
    }

    /// <summary>Runs age, which asks for its passphrase on a terminal: script(1) gives it one.</summary>
    public static Task RunAgeAsync(string password, string arguments) =>
        RunAsync("script", ["-qec", $"age {arguments}", "/dev/null"], $"{password}\n{password}\n");
}

using System.Diagnostics;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.TestSupport.Postgres;

/// <summary>
/// Under which account PostgreSQL's programs run: they refuse to run as root, so there they see another account in a user
/// namespace, or, where the kernel or the container forbids those, really run as one.
/// </summary>
internal sealed class PostgresAccount
{
    /// <summary>An account without rights of its own, by the number every Linux gives it.</summary>
    private const int Nobody = 65534;

    private static readonly string[] Unshare = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];

    private static readonly Lazy<PostgresAccount> CurrentAccount = new(Choose);

    private readonly string[] _prefix;
    private readonly int? _runAs;

    private PostgresAccount(string[] prefix, int? runAs)
    {
        _prefix = prefix;
        _runAs = runAs;
    }

    /// <summary>The one to use here.</summary>
    public static PostgresAccount Current => CurrentAccount.Value;

    /// <summary>The account of last resort under root; needs <see cref="PrepareBinaries"/>.</summary>
    public static PostgresAccount Unprivileged { get; } = new([], Nobody);

    /// <summary>Turns a PostgreSQL program and its arguments into what to start.</summary>
    public ProcessStart Start(string program, IReadOnlyList<string> arguments, string logFile) =>
        _prefix is [var first, .. var rest]
            ? new ProcessStart(first, [.. rest, program, .. arguments], logFile) { RunAs = _runAs }
            : new ProcessStart(program, arguments, logFile) { RunAs = _runAs };

    /// <summary>
    /// Makes sure the account can read the programs and write to <paramref name="folder"/>, and returns the programs' folder.
    /// </summary>
    public string PrepareBinaries(string source, string folder)
    {
        if (_runAs is null || OperatingSystem.IsWindows())
        {
            return source;
        }

        PrepareReading(folder);
        var copy = Path.Combine(folder, "server");
        Copy(new DirectoryInfo(source), copy);
        return copy;
    }

    /// <summary>Makes sure the account can use a folder of this process's.</summary>
    public void PrepareReading(string folder)
    {
        const UnixFileMode everyone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        if (_runAs is not null && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, everyone);
        }
    }

    private static PostgresAccount Choose()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return Environment.IsPrivilegedProcess ? Unprivileged : new PostgresAccount([], null);
        }

        return UserNamespacesWork() ? new PostgresAccount(Unshare, null) : Unprivileged;
    }

    private static bool UserNamespacesWork()
    {
        var start = new ProcessStartInfo(Unshare[0]) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in Unshare[1..].Append("true"))
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static void Copy(DirectoryInfo source, string target)
    {
        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        Directory.CreateDirectory(target);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(target, readable);
        }

        foreach (var directory in source.EnumerateDirectories())
        {
            Copy(directory, Path.Combine(target, directory.Name));
        }

        foreach (var file in source.EnumerateFiles())
        {
            var copy = file.CopyTo(Path.Combine(target, file.Name)).FullName;
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(copy, readable);
            }
        }
    }
}

using TfeBackup.TestSupport;

namespace TfeBackup.Dashboard.Tests.Support;

/// <summary>An application behind a <c>replicatedctl</c> of shell that runs while a file is there.</summary>
public sealed class ScriptedApplication : IDisposable
{
    private readonly TempFolder _folder = new();

    public ScriptedApplication()
    {
        File.WriteAllText(_folder.Combine("running"), "");
        var program = _folder.Combine("replicatedctl");
        File.WriteAllText(program, $"""
            #!/bin/sh
            cd {_folder.Root}
            case "$2" in
            stop) if [ -e broken ]; then echo the disk is full >&2; exit 7; fi; rm -f running; echo Stopped 3 containers. ;;
            start) touch running; echo Started 3 containers. ;;
            status) if [ -e running ]; then state=started; else state=stopped; fi; echo "[{'{'}\"AppID\":\"tfe\",\"State\":\"$state\"{'}'}]" ;;
            esac
            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public bool IsRunning => File.Exists(_folder.Combine("running"));

    public (string Key, string Value)[] Settings =>
    [
        ("Installation:Application:Kind", "Replicated"),
        ("PATH", $"{_folder.Root}:{Environment.GetEnvironmentVariable("PATH")}"),
    ];

    public void Break() => File.WriteAllText(_folder.Combine("broken"), "");

    public void Dispose() => _folder.Dispose();
}

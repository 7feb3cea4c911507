using System.Globalization;
using TfeBackup.TestSupport;

namespace TfeBackup.Demo;

/// <summary>
/// What stops and starts an application, as a machine's init script would: <c>start</c>, <c>stop</c>, <c>status</c> with the LSB's exit codes. What it
/// starts ends with this process too.
/// </summary>
internal sealed class ApplicationScript : IAsyncDisposable
{
    private readonly Shell _shell;

    private ApplicationScript(Shell shell, string path)
    {
        _shell = shell;
        Path = path;
    }

    /// <summary>The script.</summary>
    public string Path { get; }

    /// <summary>Writes the script of an application that runs.</summary>
    public static async Task<ApplicationScript> CreateAsync(Installation installation, Shell shell, TempFolder folder, CancellationToken cancellationToken)
    {
        var home = folder.Combine(installation.Name);
        var settings = installation.ApplicationSettings
            .Append(new("Urls", installation.Application.Address.GetLeftPart(UriPartial.Authority)))
            .Select(setting => $"{setting.Key.Replace(":", "__", StringComparison.Ordinal)}={Quote(setting.Value)}");
        var environment = System.IO.Path.Combine(home, "application.env");
        await File.WriteAllTextAsync(environment, string.Join('\n', settings) + "\n", cancellationToken);
        File.SetUnixFileMode(environment, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var pid = System.IO.Path.Combine(home, "application.pid");
        await File.WriteAllTextAsync(pid, string.Create(CultureInfo.InvariantCulture, $"{installation.Application.ProcessId}\n"), cancellationToken);
        var path = System.IO.Path.Combine(home, "application.sh");
        await File.WriteAllTextAsync(
            path,
            $$"""
            #!/bin/sh
            pid={{Quote(pid)}}
            runs() { [ -s "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; }
            case "$1" in
            start)
                runs && exit 0
                set -a; . {{Quote(environment)}}; set +a
                dotnet {{Quote(Installation.ApplicationAssembly)}} </dev/null >{{Quote(System.IO.Path.Combine(home, "application.log"))}} 2>&1 &
                echo $! >"$pid"
                # Ends it when the demo is gone, however that went.
                ( while runs && kill -0 {{Environment.ProcessId}} 2>/dev/null; do sleep 1; done; "$0" stop ) </dev/null >/dev/null 2>&1 &
                ;;
            stop)
                runs && kill -TERM "$(cat "$pid")"
                exit 0
                ;;
            status)
                runs || exit 3
                ;;
            esac

            """,
            cancellationToken);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new ApplicationScript(shell, path);
    }

    public async ValueTask DisposeAsync() => await _shell.RunQuietlyAsync($"{Quote(Path)} stop", CancellationToken.None);

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

using System.Diagnostics;
using System.Globalization;
using Npgsql;
using TfeBackup.TestSupport.Postgres;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.Benchmarks.Peers;

/// <summary>The programs of others, run by a shell.</summary>
internal static class PeerTools
{
    /// <summary>Those of these programs that are not on the PATH.</summary>
    public static IReadOnlyList<string> Missing(params IEnumerable<string> programs) => [.. programs.Where(static program => !ProgramPath.Exists(program))];

    /// <summary>The major version of <c>pg_dump</c>; null where there is none.</summary>
    public static int? DumpVersion()
    {
        if (!ProgramPath.Exists("pg_dump"))
        {
            return null;
        }

        using var process = Process.Start(new ProcessStartInfo("pg_dump", ["--version"]) { RedirectStandardOutput = true })!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return int.Parse(said.Split(' ').First(static word => char.IsAsciiDigit(word[0])).Split('.')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>Runs a command line; a failure of any of its parts is its own.</summary>
    /// <param name="command">For bash.</param>
    /// <param name="database">The database that PostgreSQL's programs use.</param>
    public static async Task RunAsync(string command, PostgresDatabase? database = null)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"set -e -o pipefail; {command}"]) { RedirectStandardError = true };
        if (database is not null)
        {
            var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
            start.Environment["PGHOST"] = connection.Host;
            start.Environment["PGPORT"] = connection.Port.ToString(CultureInfo.InvariantCulture);
            start.Environment["PGDATABASE"] = connection.Database;
            start.Environment["PGUSER"] = connection.Username;
            start.Environment["PGPASSWORD"] = connection.Password;
        }

        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{command}' ended with {process.ExitCode}: {said}");
        }
    }
}

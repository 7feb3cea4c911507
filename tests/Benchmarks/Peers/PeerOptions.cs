using System.Globalization;
using System.Reflection;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Benchmarks.Peers;

/// <summary>What is to be measured, and with which programs.</summary>
internal sealed record PeerOptions
{
    /// <summary>The suites; all where none is named.</summary>
    public IReadOnlyList<string> Suites { get; private init; } = [];

    /// <summary>By how much every amount of data is multiplied.</summary>
    public double Scale { get; private init; } = 1;

    /// <summary>How often each does its work.</summary>
    public int Rounds { get; private init; } = 3;

    /// <summary>Takes the figures as JSON.</summary>
    public string? JsonFile { get; private init; }

    /// <summary>The service: its assembly, or a program.</summary>
    public string Service { get; init; } = BackupService.Assembly;

    /// <summary>A service of another time to compare with.</summary>
    public string? Before { get; private init; }

    /// <summary><c>tfe-backup</c>: its assembly, or a program.</summary>
    public string CommandLine { get; init; } = Path.GetFullPath(
        typeof(PeerOptions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "CommandLine").Value!);

    /// <summary>True to compile both programs for this platform first, as packages are.</summary>
    public bool Published { get; private init; }

    /// <summary>Reads arguments.</summary>
    /// <exception cref="FormatException">One is not understood.</exception>
    public static PeerOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new PeerOptions();
        var rest = new Queue<string>(arguments);
        while (rest.TryDequeue(out var argument))
        {
            string Value() => rest.TryDequeue(out var value) ? value : throw new FormatException($"{argument} needs a value.");
            options = argument switch
            {
                "--scale" => options with { Scale = double.Parse(Value(), CultureInfo.InvariantCulture) },
                "--rounds" => options with { Rounds = int.Parse(Value(), CultureInfo.InvariantCulture) },
                "--json" => options with { JsonFile = Value() },
                "--service" => options with { Service = Value() },
                "--before" => options with { Before = Value() },
                "--cli" => options with { CommandLine = Value() },
                "--published" => options with { Published = true },
                _ when argument.StartsWith('-') => throw new FormatException(
                    $"'{argument}' is not known; expected --scale, --rounds, --json, --service, --before, --cli or --published."),
                _ => options with { Suites = [.. options.Suites, argument] },
            };
        }

        return options;
    }
}

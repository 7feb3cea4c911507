namespace TfeBackup.Operations.Telemetry;

/// <summary>One instrument of the meter.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind"><c>histogram</c>, <c>counter</c> or <c>gauge</c>.</param>
/// <param name="Unit">Its unit in UCUM's notation.</param>
/// <param name="Dimensions">The names of its dimensions.</param>
internal sealed record TelemetryInstrument(string Name, string Kind, string Unit, IReadOnlyList<string> Dimensions);

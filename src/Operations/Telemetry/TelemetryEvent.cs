namespace TfeBackup.Operations.Telemetry;

/// <summary>One log event.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Category">Its log category.</param>
/// <param name="Fields">The names of its fields, as structured logs have them.</param>
internal sealed record TelemetryEvent(int Id, string Name, string Category, IReadOnlyList<string> Fields);

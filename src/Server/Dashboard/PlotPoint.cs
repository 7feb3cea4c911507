namespace TfeBackup.Server.Dashboard;

/// <summary>A point of a plot.</summary>
/// <param name="At">Where in time.</param>
/// <param name="Value">How high.</param>
/// <param name="Kind">How it is drawn: <c>backup</c>, <c>restore</c> or <c>failed</c>.</param>
public readonly record struct PlotPoint(DateTimeOffset At, double Value, string Kind);

namespace TfeBackup.Operations.Steps;

/// <summary>The output of an activity that has nothing to tell. Histories of earlier versions hold members here, which are ignored.</summary>
internal sealed record Unit;

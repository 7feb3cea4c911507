namespace TfeBackup.TestSupport.ObjectStores;

/// <summary>Stands for the end of the process: nothing after it happens.</summary>
public sealed class SimulatedCrashException() : Exception("The process ends here.");

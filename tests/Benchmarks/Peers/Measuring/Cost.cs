namespace TfeBackup.Benchmarks.Peers.Measuring;

/// <summary>What one run of one competitor took.</summary>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="Program">Processor seconds of what is measured: the service, <c>tfe-backup</c>, or the tools and their children.</param>
/// <param name="Servers">Processor seconds of PostgreSQL and Azurite.</param>
/// <param name="Client">Processor seconds of this process: the HTTP client, and what stands in for Vault.</param>
/// <param name="PeakMemory">The largest resident set of the program so far, in bytes; 0 where nobody looked.</param>
internal sealed record Cost(double Seconds, double Program, double Servers, double Client, long PeakMemory);

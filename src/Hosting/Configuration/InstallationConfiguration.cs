using TfeBackup.Installations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Configuration;

/// <summary>One installation as configured: <c>Installations:&lt;name&gt;</c>.</summary>
/// <param name="Definition">What operations need to know of it.</param>
/// <param name="Connection">How it is reached, and its application restarted.</param>
public sealed record InstallationConfiguration(InstallationDefinition Definition, InstallationConnection Connection);

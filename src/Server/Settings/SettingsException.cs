namespace TfeBackup.Server.Settings;

/// <summary>Settings that the service cannot start with. The message names each one and what was expected.</summary>
/// <param name="problems">One sentence for each wrong setting; no values of secrets.</param>
internal sealed class SettingsException(IReadOnlyList<string> problems)
    : Exception("The service cannot start with these settings:" + string.Concat(problems.Select(problem => Environment.NewLine + "  " + problem)));

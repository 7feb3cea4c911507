namespace TfeBackup.Hosting.Diagnosis;

/// <summary>The severity of a finding.</summary>
public enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, but needs attention.</summary>
    Warning,

    /// <summary>It does not work.</summary>
    Failed,
}

using System.Diagnostics.CodeAnalysis;

namespace TfeBackup.Operations.Model;

/// <summary>A published backup with what has become of it since.</summary>
public sealed record ListedBackup : BackupRecord
{
    [SetsRequiredMembers]
    internal ListedBackup(BackupRecord record)
        : base(record)
    {
    }

    /// <summary>Its last check; null if there was none since it was published.</summary>
    public LastCheck? LastCheck { get; init; }

    /// <summary>True if it is what <c>latest</c> means.</summary>
    public bool IsLatest { get; init; }

    /// <summary>Why <c>latest</c> never means it; null where it may.</summary>
    public string? PassedOver { get; init; }
}

namespace TfeBackup.Operations.Model;

/// <summary>Selects operations to list; newest first.</summary>
public sealed record OperationQuery
{
    /// <summary>Only those in this state; null for any.</summary>
    public OperationState? State { get; init; }

    /// <summary>Only those whose id begins so; null for any.</summary>
    public string? IdPrefix { get; init; }

    /// <summary>At most so many.</summary>
    public int Limit { get; init; } = 100;
}

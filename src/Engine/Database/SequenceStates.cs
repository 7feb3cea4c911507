namespace TfeBackup.Engine.Database;

/// <summary>What <c>database/sequences.json</c> holds: where every sequence stands.</summary>
public sealed record SequenceStates
{
    /// <summary>One element a sequence of <see cref="DatabaseSchema.Sequences"/>, in that order.</summary>
    public required IReadOnlyList<SequenceState> Sequences { get; init; }
}

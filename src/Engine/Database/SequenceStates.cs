namespace TfeBackup.Engine.Database;

/// <summary>The content of <c>database/sequences.json</c>: the state of every sequence.</summary>
public sealed record SequenceStates
{
    /// <summary>One element a sequence of <see cref="DatabaseSchema.Sequences"/>, in that order.</summary>
    public required IReadOnlyList<SequenceState> Sequences { get; init; }
}

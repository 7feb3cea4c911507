namespace TfeBackup.Engine.Database;

/// <summary>The state of one sequence.</summary>
public sealed record SequenceState
{
    /// <summary>The schema's name, unquoted.</summary>
    public required string Schema { get; init; }

    /// <summary>The sequence's name, unquoted.</summary>
    public required string Name { get; init; }

    /// <summary>The sequence's <c>last_value</c>.</summary>
    public required long LastValue { get; init; }

    /// <summary>The sequence's <c>is_called</c>: whether <see cref="LastValue"/> has been handed out.</summary>
    public required bool IsCalled { get; init; }
}

namespace TfeBackup.Engine.Objects;

/// <summary>Collects problems of objects, the first few by name, so that an operator can fix them all at once or see a common cause.</summary>
internal sealed class ObjectProblems
{
    private const int MostNamed = 10;

    private readonly List<string> _named = [];
    private long _count;

    /// <summary>Takes one.</summary>
    /// <param name="key">The object, or where something is that is none.</param>
    /// <param name="problem">The problem, to follow the name.</param>
    public void Add(string key, string problem)
    {
        _count++;
        if (_named.Count < MostNamed)
        {
            _named.Add($"{ObjectKey.Quote(key)} {problem}");
        }
    }

    /// <summary>Stops where there is any.</summary>
    /// <param name="what">The meaning, to precede them.</param>
    /// <param name="hint">The advice, a sentence.</param>
    public void Throw(string what, string hint)
    {
        if (_count > 0)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"{what}: {string.Join(". ", _named)}{(_count > _named.Count ? $"; and {_count - _named.Count} more" : "")}. {hint}");
        }
    }
}

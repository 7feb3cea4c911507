using System.Text;

namespace TfeBackup.Cli.Output;

/// <summary>One thing's properties, a line each, values aligned and, on a terminal, continued below. Properties without a value are left out.</summary>
internal sealed class FactSheet
{
    private readonly List<(string Label, string Value)> _facts = [];

    /// <summary>Adds a property, unless its value is null.</summary>
    public FactSheet Add(string label, string? value)
    {
        if (value is not null)
        {
            _facts.Add((label, Human.Plain(value)));
        }

        return this;
    }

    /// <summary>The lines, each ended.</summary>
    public override string ToString()
    {
        var width = _facts.Count == 0 ? 0 : _facts.Max(fact => fact.Label.Length);
        var text = new StringBuilder();
        foreach (var (label, value) in _facts)
        {
            var lines = Screen.Wrap(value, Screen.Width is { } columns ? Math.Max(columns - width - 3, 20) : int.MaxValue);
            text.Append(label).Append(':').Append(' ', width - label.Length + 2);
            text.AppendJoin("\n" + new string(' ', width + 3), lines).Append('\n');
        }

        return text.ToString();
    }
}

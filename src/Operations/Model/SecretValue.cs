using System.Diagnostics;

namespace TfeBackup.Operations.Model;

/// <summary>
/// A secret fetched where it is used. It has no property that prints or serialises the value: <see cref="Reveal"/> is a
/// method so that neither a log statement nor a JSON serialiser finds it by accident.
/// </summary>
[DebuggerDisplay("{Reference}")]
public sealed class SecretValue
{
    private readonly string _value;

    /// <summary>Wraps a value.</summary>
    /// <param name="reference">The name, and the version this value is, where the source knows versions.</param>
    /// <param name="value">The value, exactly as stored (sources strip one trailing line end where files have one).</param>
    public SecretValue(SecretReference reference, string value)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentException.ThrowIfNullOrEmpty(value);
        Reference = reference;
        _value = value;
    }

    /// <summary>The name and, in sources that know versions, the version that was fetched (never null there).</summary>
    public SecretReference Reference { get; }

    /// <summary>When the source says that it expires; null where it does not, or knows no such thing.</summary>
    public DateTimeOffset? ExpiresOn { get; init; }

    /// <summary>The value itself.</summary>
    public string Reveal() => _value;

    /// <summary>The secret's name and version, never its value.</summary>
    public override string ToString() => Reference.ToString();
}

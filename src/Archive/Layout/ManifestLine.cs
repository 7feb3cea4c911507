using System.Text.Json.Serialization;

namespace TfeBackup.Archive.Layout;

/// <summary>
/// One line of a manifest part: an entry, an object that vanished, what was found in a column that is declared encrypted, or a
/// constraint that does not hold.
/// </summary>
internal sealed record ManifestLine
{
    /// <summary>The entry's path.</summary>
    public string? Path { get; init; }

    /// <summary>The offset of its first header in the tar stream.</summary>
    public long? Offset { get; init; }

    /// <summary>Its content's bytes.</summary>
    public long? Size { get; init; }

    /// <summary>Lower-case hexadecimal SHA-256 of its content.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Of a table part: how many rows end in it.</summary>
    public long? Rows { get; init; }

    /// <summary>Of an object: true where somebody wrote to it while it was read; absent otherwise.</summary>
    public bool? Changed { get; init; }

    /// <summary>The key of an object that was listed and then not there.</summary>
    public string? Vanished { get; init; }

    /// <summary>A column that is declared encrypted, with <see cref="Decrypted"/> and <see cref="Plain"/>.</summary>
    public string? Column { get; init; }

    /// <summary>Of a column: in how many values something was decrypted.</summary>
    public long? Decrypted { get; init; }

    /// <summary>Of a column: in how many values nothing was.</summary>
    public long? Plain { get; init; }

    /// <summary>A constraint that the rows break although it is said to hold.</summary>
    public string? Broken { get; init; }

    /// <summary>True if the line lists an entry.</summary>
    [JsonIgnore]
    public bool IsEntry => Vanished is null && Column is null && Broken is null;
}

using System.Diagnostics.CodeAnalysis;

namespace TfeBackup.Archive;

/// <summary>The kind of an entry of a backup.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "An object of an object store is called that.")]
public enum ArchiveEntryKind
{
    /// <summary><c>database/schema.json</c>.</summary>
    Schema,

    /// <summary><c>database/&lt;schema&gt;/&lt;table&gt;/&lt;part&gt;.copy</c>.</summary>
    TablePart,

    /// <summary><c>database/sequences.json</c>.</summary>
    Sequences,

    /// <summary><c>objects/&lt;key&gt;</c>.</summary>
    Object,
}

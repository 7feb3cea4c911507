namespace TfeBackup.Archive.Packs;

/// <summary>What a <see cref="PackPath"/> names.</summary>
internal enum PackPathKind
{
    Schema,
    Table,
    TablePart,
    Sequences,
    Object,
}

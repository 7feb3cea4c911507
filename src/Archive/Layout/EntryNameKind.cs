namespace TfeBackup.Archive.Layout;

internal enum EntryNameKind
{
    BackupInfo,
    Schema,
    TablePart,
    Sequences,
    Object,
    ManifestPart,
    Manifest,
}

using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Ports;

/// <summary>The failures that every <see cref="IBackupStore"/> has, so that all stores report them alike.</summary>
public static class BackupStoreErrors
{
    /// <summary>There is no data of a backup in the store.</summary>
    public static OperationException NoData(BackupKey key, string store) =>
        new(OperationError.NotFound, $"There is no data of {key} in {store}.");

    /// <summary>The place of a backup's data is taken.</summary>
    public static OperationException DataExists(string path) =>
        new(OperationError.AlreadyExists, $"Cannot write {path}: it already has data.");

    /// <summary>The data in the store is not what a record describes.</summary>
    public static OperationException OtherSize(BackupRecord record, long size, string store) =>
        new(OperationError.Corrupt, $"Cannot publish {record.Key} in {store}: its data has {size} bytes, its record says {record.Size}.");

    /// <summary>A different record is published under the key.</summary>
    public static OperationException OtherRecord(BackupKey key, string path) =>
        new(OperationError.AlreadyExists, $"Cannot publish {key}: {path} already holds a different record.");

    /// <summary>A record is in the place of another backup's.</summary>
    public static OperationException Misplaced(BackupRecord record, string path) =>
        new(OperationError.Corrupt, $"{path} is the record of {record.Key}: it was not written there by tfe-backup.");

    /// <summary>A check is of a backup that is not published.</summary>
    public static OperationException NotPublished(BackupKey key, string store) =>
        new(OperationError.NotFound, $"Cannot add a check of {key}: it is not published in {store}.");

    /// <summary>A different check has the same time.</summary>
    public static OperationException OtherCheck(BackupKey key, string path) =>
        new(OperationError.AlreadyExists, $"Cannot add a check of {key}: {path} already holds a different check.");

    /// <summary>A document is longer than records and checks are.</summary>
    public static OperationException TooLong(string path) =>
        new(OperationError.Corrupt, $"{path} is too long for a record: it was not written by tfe-backup.");
}

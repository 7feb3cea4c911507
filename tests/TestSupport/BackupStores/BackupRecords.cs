using TfeBackup.Operations.Model;

namespace TfeBackup.TestSupport.BackupStores;

/// <summary>Records as the workflows would write them.</summary>
public static class BackupRecords
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 3, 15, 0, TimeSpan.Zero);

    /// <summary>The key of an installation's <paramref name="number"/>th backup; later numbers are later in time.</summary>
    public static BackupKey Key(string installation, int number) =>
        BackupKey.Create(installation, Start.AddMinutes(number), new Guid(number, 0, 0, new byte[8]));

    /// <summary>A record of a backup.</summary>
    public static BackupRecord Record(BackupKey key, BackupContent content, string operation = "backup-1") => new()
    {
        Key = key,
        Format = BackupFormat.Opaque,
        Purpose = BackupPurpose.Scheduled,
        OperationId = operation,
        Started = Start,
        Finished = Start.AddMinutes(1),
        Size = content.Size,
        Sha256 = content.Sha256,
        Password = new SecretReference("backup-password", "3"),
        ObjectsIncluded = true,
        Verification = new BackupVerification
        {
            Method = BackupFormat.Opaque,
            Finished = Start.AddMinutes(2),
            Size = content.Size,
            Sha256 = content.Sha256,
        },
    };

    /// <summary>A check of a backup that failed.</summary>
    public static CheckRecord Check(int minute, string failure = "1 byte differs") => new()
    {
        Time = Start.AddHours(1).AddMinutes(minute),
        OperationId = "verify-1",
        Passed = false,
        Failure = failure,
    };
}

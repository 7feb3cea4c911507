using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Restore;

/// <summary>Finds what a restore will do, and what it will fail of, before anything is read at length or changed.</summary>
public sealed class RestorePlanner(
    IInstallationProvider installations, IBackupStore store, ISecretSource secrets, RequestWords words, TimeProvider time)
{
    /// <summary>Previews a restore.</summary>
    /// <exception cref="OperationException">It cannot be planned: there is no such backup, its data or password is missing, the target's token is refused.</exception>
    public async Task<RestorePreview> PreviewAsync(RestoreInput restore, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(restore);
        restore.Check();
        var (record, note, facts) = await FindAsync(restore.Backup, restore.Target, cancellationToken);
        return Describe(restore, record, note, facts, time.GetUtcNow());
    }

    internal async Task<(BackupRecord Record, string? Note, RestoreFacts Facts)> FindAsync(string backup, string target, CancellationToken cancellationToken)
    {
        _ = installations.GetDefinition(target);
        var finder = new BackupFinder(store);
        var (record, note) = await finder.FindAsync(backup, cancellationToken);
        await CheckSourceAsync(record, cancellationToken);
        var status = await installations.GetInstallation(target).GetStatusAsync(cancellationToken);
        var facts = new RestoreFacts(
            (await finder.DescribeAsync(record, cancellationToken)).LastCheck,
            new InstallationAnswer(status.Ready, status.Detail, status.Content, status.ProductVersion, status.FreeBytes),
            installations.GetControl(target)?.Description,
            words);
        return (record, note, facts);
    }

    /// <summary>Makes sure that a backup's data is there and that the version of the password it was made with can be had.</summary>
    internal async Task CheckSourceAsync(BackupRecord record, CancellationToken cancellationToken)
    {
        _ = await secrets.GetAsync(record.Password, cancellationToken);
        var data = await store.FindDataAsync(record.Key, cancellationToken);
        if (data?.Size != record.Size)
        {
            throw new OperationException(
                OperationError.Corrupt,
                $"Backup {record.Key} cannot be restored: its record says {Text.Bytes(record.Size)}, but {(data is null ? "its data is missing" : $"its data has {Text.Bytes(data.Size)}")} in {store.Description}. Restore another backup.");
        }
    }

    internal static RestorePreview Describe(RestoreInput restore, BackupRecord record, string? note, RestoreFacts facts, DateTimeOffset now)
    {
        var (content, refusal) = Judge(restore, record, facts.Target, facts.Words);
        return new RestorePreview
        {
            Backup = record.Key,
            Taken = record.Started,
            AgeSeconds = (long)(now - record.Started).TotalSeconds,
            Size = record.Size,
            ObjectsIncluded = record.ObjectsIncluded,
            LastCheck = facts.LastCheck,
            Note = note,
            Target = restore.Target,
            TargetStatus = facts.Target.Detail,
            TargetReady = facts.Target.Ready,
            TargetContent = facts.Target.Content,
            Overwrites = restore.Overwrite && content != InstallationContent.Empty,
            SafetyBackup = restore.Overwrite && content != InstallationContent.Empty && restore.NoSafetyBackup is null,
            RequiresApproval = restore.RequireApproval,
            NotValid = restore.NotValid,
            Restart = facts.Restart,

            // A target that is not ready does not report its content; the restore waits for it first.
            Refusal = facts.Target.Ready ? refusal : null,
        };
    }

    /// <summary>Decides what a target's content means for a restore.</summary>
    /// <returns>The content to go by, and why the restore is refused; null if it is not.</returns>
    internal static (InstallationContent Content, OperationFailure? Refusal) Judge(
        RestoreInput restore, BackupRecord record, InstallationAnswer target, RequestWords words)
    {
        var content = target.Content;
        if (content == InstallationContent.HoldsObjects)
        {
            // With many objects, operators copy them separately and restore only the database.
            content = record.ObjectsIncluded ? InstallationContent.HoldsData : InstallationContent.Empty;
        }

        var refusal = (content, restore) switch
        {
            (InstallationContent.Empty, _) => null,
            (InstallationContent.HoldsData, { TargetIsEmpty: true }) => $"Installation {restore.Target} was declared empty but holds data; nothing was changed.",
            (InstallationContent.Unknown, { TargetIsEmpty: true }) => null,
            (_, { Overwrite: true }) => null,
            (InstallationContent.HoldsData, _) =>
                $"Installation {restore.Target} holds data, which a restore would replace. To replace it, restore with {words.Overwrite}; a safety backup is taken first.",
            _ => $"Installation {restore.Target} does not report whether it holds data, which a restore would replace. Restore with {words.Overwrite} to replace it after a safety backup, or with {words.TargetIsEmpty} if you know that it is empty.",
        };
        if (refusal is null && record.Verification.ObjectBytes is { } needed && target.FreeBytes is { } free && free < needed)
        {
            return (content, new OperationFailure(
                OperationError.Refused,
                $"The objects of {record.Key} take {Text.Bytes(needed)}, but {restore.Target} has room for {Text.Bytes(free)}. Make room where its objects are; nothing was changed."));
        }

        return (
            content == InstallationContent.Unknown && restore.TargetIsEmpty ? InstallationContent.Empty : content,
            refusal is null ? null : new OperationFailure(OperationError.TargetNotEmpty, refusal));
    }
}

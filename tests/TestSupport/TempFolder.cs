using TfeBackup.TestSupport.Processes;

namespace TfeBackup.TestSupport;

/// <summary>A new folder of its own below the system's temporary folder, removed with everything in it, even if this process is killed.</summary>
public sealed class TempFolder : IDisposable
{
    /// <summary>Creates the folder, readable by this user only.</summary>
    public TempFolder()
    {
        Root = Directory.CreateTempSubdirectory("tfe-backup-").FullName;
        ProcessSupervisor.Shared.Own(Root);
    }

    /// <summary>Its path.</summary>
    public string Root { get; }

    /// <summary>A path inside it.</summary>
    public string Combine(params string[] names) => Path.Combine([Root, .. names]);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }

        ProcessSupervisor.Shared.Disown(Root);
    }
}

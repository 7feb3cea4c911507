using Microsoft.Data.Sqlite;
using TfeBackup.Workflows;

namespace TfeBackup.Local.Runtime;

/// <summary>
/// The file that holds every operation of one machine: its history, what it waits for, what runs. Any number of processes
/// use it at once; what they do to it they do in short transactions. It must lie on a local disk: SQLite's write-ahead log is shared through memory.
/// </summary>
public sealed class Journal : IDisposable
{
    private readonly string _connectionString;

    private Journal(string path, TimeProvider time)
    {
        Path = path;
        Time = time;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,

            // Seconds a statement waits for another process's transaction before it fails.
            DefaultTimeout = 30,
        }.ToString();
    }

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>The clock of operations: due times and histories.</summary>
    internal TimeProvider Time { get; }

    /// <summary>The folder of the running workers' lock files.</summary>
    internal string WorkersFolder => Path + "-workers";

    /// <summary>Opens a journal; creates it, readable by its owner only, where there is none.</summary>
    /// <param name="path">Where; its folder is created too.</param>
    /// <param name="time">The clock of operations: due times and histories.</param>
    /// <exception cref="WorkflowException">
    /// <see cref="WorkflowError.InvalidConfiguration"/>: not a journal, or not a place for one. <see cref="WorkflowError.Unsupported"/>: a newer one.
    /// </exception>
    public static Journal Open(string path, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        path = System.IO.Path.GetFullPath(path);
        var journal = new Journal(path, time);
        try
        {
            Create(path);
            using var connection = journal.Connect();
            _ = connection.Scalar<string>("PRAGMA journal_mode = WAL");
            JournalSchema.Ensure(connection, path);
            return journal;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            journal.Dispose();
            throw new WorkflowException(
                WorkflowError.InvalidConfiguration, $"The journal {path} cannot be opened: {e.Message} State:Path must name a file on a local disk that this user may write.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    internal SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();

        // An operation that was told "done" must still be done after a power cut.
        connection.Execute("PRAGMA synchronous = FULL");
        return connection;
    }

    private static void Create(string path)
    {
        var folder = System.IO.Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        new FileStream(path, options).Dispose();
    }
}

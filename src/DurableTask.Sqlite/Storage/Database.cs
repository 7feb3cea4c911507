using Microsoft.Data.Sqlite;

namespace DurableTask.Sqlite.Storage;

/// <summary>
/// The file, as one process uses it. Writers of one process queue here, those of several processes in SQLite; readers never wait.
/// </summary>
internal sealed class Database : IDisposable
{
    private static readonly Lock Creation = new();

    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly string _connectionString;
    private readonly Lock _opening = new();
    private bool _isOpen;

    public Database(string path)
    {
        Path = path;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite }.ToString();
    }

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>Opens the file; created if missing.</summary>
    /// <exception cref="SqliteOrchestrationException">It cannot be used.</exception>
    public void Open()
    {
        lock (_opening)
        {
            if (_isOpen)
            {
                return;
            }

            try
            {
                CreateFile();
                using var connection = Connect();
                Schema.Ensure(connection, Path);
                _isOpen = true;
            }
            catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_NOTADB)
            {
                throw new SqliteOrchestrationException(
                    SqliteOrchestrationError.ForeignFile, $"{Path} is not an SQLite database. It was not changed; use another file, or move this one away.", e);
            }
            catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
            {
                throw new SqliteOrchestrationException(
                    SqliteOrchestrationError.Unavailable, $"{Path} cannot be opened: {e.Message} It must be a file on a local disk that this user may write.", e);
            }
        }
    }

    /// <summary>Reads in one snapshot.</summary>
    public T Read<T>(Func<SqliteConnection, T> read)
    {
        Open();
        using var connection = Connect();
        using var transaction = connection.BeginTransaction(deferred: true);
        return read(connection);
    }

    /// <summary>Writes in one transaction: all of it is done and will survive a power cut, or none of it.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> write, CancellationToken cancellationToken)
    {
        Open();
        await _writer.WaitAsync(cancellationToken);
        try
        {
            using var connection = Connect();
            using var transaction = connection.BeginTransaction(deferred: false);
            var result = write(connection);
            transaction.Commit();
            return result;
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Action<SqliteConnection> write, CancellationToken cancellationToken) => WriteAsync(
        connection =>
        {
            write(connection);
            return true;
        },
        cancellationToken);

    /// <summary>Gives free pages back to the file system.</summary>
    public async Task ShrinkAsync(CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
        try
        {
            using var connection = Connect();

            // Frees one page a step.
            _ = connection.Rows("PRAGMA incremental_vacuum", _ => true);
            _ = connection.Rows("PRAGMA wal_checkpoint(TRUNCATE)", _ => true);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED)
        {
            // The next purge will.
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
        _writer.Dispose();
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();

        // busy_timeout in ms. synchronous = FULL: what was confirmed must survive a power cut.
        connection.Execute("PRAGMA busy_timeout = 30000; PRAGMA synchronous = FULL");
        return connection;
    }

    private void CreateFile()
    {
        // Closing any descriptor of a file drops all of a process's POSIX locks on it, SQLite's included. So nobody in this process may open the file
        // before it is closed here. (Moving one into place is no way out: where File.Move looks first and then renames, it replaces another's.)
        lock (Creation)
        {
            if (File.Exists(Path))
            {
                return;
            }

            var folder = System.IO.Path.GetDirectoryName(Path)!;
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite };
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            try
            {
                // SQLite gives its -wal and -shm files the permissions of the database.
                new FileStream(Path, options).Dispose();
            }
            catch (IOException) when (File.Exists(Path))
            {
                // Another process was first.
            }
        }
    }
}

using TfeBackup.Archive;
using TfeBackup.Cli.Commands;
using TfeBackup.Cli.Output;
using TfeBackup.Hosting;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Cli.Archives;

/// <summary>A backup being read: a file on this machine, or one in the store, which is read in ranges.</summary>
internal sealed class BackupFile : IAsyncDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly Stream _file;
    private readonly CountingStream _counted;
    private readonly ProgressLine _progress;
    private readonly ITimer _timer;
    private string _step = "deriving the key";

    private BackupFile(Stream file, string name, SecretReference? password, CommandContext context)
    {
        _file = file;
        _counted = new CountingStream(file);
        _progress = new ProgressLine(context.Terminal, context.Time, Path.GetFileName(name));
        _timer = context.Time.CreateTimer(_ => ShowProgress(), null, TimeSpan.Zero, ProgressInterval);
        Name = name;
        Password = password;
    }

    /// <summary>The file's path, or the backup's name in the store.</summary>
    public string Name { get; }

    /// <summary>The secret that a stored backup's record names; null for a file.</summary>
    public SecretReference? Password { get; }

    /// <summary>Its size in bytes.</summary>
    public long Size => _file.Length;

    /// <summary>Opens a file of that path, or where there is none the stored backup of that name.</summary>
    /// <exception cref="UsageException">There is no such file, or it may not be read.</exception>
    public static async Task<BackupFile> OpenAsync(string name, CommandContext context, CancellationToken cancellationToken)
    {
        if (!File.Exists(name) && BackupNames.IsName(name))
        {
            var store = new Composition(time: context.Time).CreateStore(context.LoadConfiguration().Store);
            var (record, note) = await new BackupFinder(store).FindAsync(name, cancellationToken);
            if (note is not null)
            {
                context.Terminal.Note(note);
            }

            return record.Format == BackupFormat.Archive
                ? new BackupFile(await StoredBackup.OpenAsync(store, record, cancellationToken), record.Key.ToString(), record.Password, context)
                : throw new OperationException(OperationError.Unsupported, $"{record.Key} is opaque: only the service that made it can read it. Restore it to see what is in it.");
        }

        try
        {
            var file = new FileStream(
                name, new FileStreamOptions { BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            return new BackupFile(file, name, null, context);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The backup file {name} cannot be read: {e.Message}");
        }
    }

    /// <summary>Opens the backup in it.</summary>
    /// <param name="password">The password it was made with.</param>
    /// <param name="step">What is going to be done, for the progress line.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<ArchiveReader> ReadAsync(string password, string step, CancellationToken cancellationToken)
    {
        var reader = await ArchiveReader.OpenAsync(_counted, password, options: null, cancellationToken);
        _step = step;
        return reader;
    }

    /// <summary>Opens the backup in it by its end, to read what is asked for and nothing else.</summary>
    /// <param name="password">The password it was made with.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task<ArchiveIndex> ReadIndexAsync(string password, CancellationToken cancellationToken) =>
        ArchiveIndex.OpenAsync(_file, password, options: null, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        _progress.Dispose();
        await _file.DisposeAsync();
    }

    private void ShowProgress()
    {
        if (_counted.Count == 0)
        {
            return;
        }

        _progress.Show(_step, _counted.Count, _file.Length);
    }
}

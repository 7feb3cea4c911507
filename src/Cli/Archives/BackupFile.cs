using TfeBackup.Archive;
using TfeBackup.Cli.Output;

namespace TfeBackup.Cli.Archives;

/// <summary>A backup file on this machine, being read.</summary>
internal sealed class BackupFile : IAsyncDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly FileStream _file;
    private readonly CountingStream _counted;
    private readonly ProgressLine _progress;
    private readonly ITimer _timer;
    private string _step = "deriving the key";

    private BackupFile(FileStream file, ProgressLine progress, TimeProvider time)
    {
        _file = file;
        _counted = new CountingStream(file);
        _progress = progress;
        _timer = time.CreateTimer(_ => ShowProgress(), null, TimeSpan.Zero, ProgressInterval);
    }

    /// <summary>The file's size in bytes.</summary>
    public long Size => _file.Length;

    /// <summary>Opens a file.</summary>
    /// <exception cref="UsageException">There is no such file, or it may not be read.</exception>
    public static BackupFile Open(string path, Terminal terminal, TimeProvider time)
    {
        try
        {
            var file = new FileStream(
                path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            return new BackupFile(file, new ProgressLine(terminal, time, Path.GetFileName(path)), time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The backup file {path} cannot be read: {e.Message}");
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

using System.Security.Cryptography;
using TfeBackup.Local.Files;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Local.Stores;

/// <summary>A backup's data in a temporary file beside the place where the commit puts it.</summary>
internal sealed class DirectoryBackupUpload : IBackupUpload
{
    private const int BufferSize = 1 << 20;

    private readonly string _temporary;
    private readonly string _path;
    private FileStream? _file;
    private bool _started;
    private bool _written;

    public DirectoryBackupUpload(string temporary, string path)
    {
        _temporary = temporary;
        _path = path;
    }

    /// <inheritdoc/>
    public async Task<BackupContent> WriteAsync(Stream content, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (_started)
        {
            throw new InvalidOperationException("An upload is written once.");
        }

        _started = true;
        var file = Do(() => _file = new FileStream(_temporary, DurableFile.CreateOptions()));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long size = 0;

        // Double buffering: one buffer is written while the other is filled.
        var (filling, writing) = (new byte[BufferSize], new byte[BufferSize]);
        var write = Task.CompletedTask;
        try
        {
            while (true)
            {
                var count = await content.ReadAtLeastAsync(filling, BufferSize, throwOnEndOfStream: false, cancellationToken);
                hash.AppendData(filling, 0, count);
                await DoAsync(write);
                if (count == 0)
                {
                    break;
                }

                (filling, writing) = (writing, filling);
                write = file.WriteAsync(writing.AsMemory(0, count), cancellationToken).AsTask();
                size += count;
                progress?.Report(size);
            }
        }
        finally
        {
            // Pending only after a failure: wait for it before closing and removing the file.
            await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        cancellationToken.ThrowIfCancellationRequested();
        Do(() =>
        {
            file.Flush(flushToDisk: true);
            return true;
        });
        await file.DisposeAsync();
        _file = null;
        _written = true;
        return new BackupContent(size, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <inheritdoc/>
    public Task CommitAsync(CancellationToken cancellationToken)
    {
        if (!_written)
        {
            throw new InvalidOperationException("Nothing was written to its end that could be committed.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Do(() => DurableFile.TryMove(_temporary, _path))
            ? Task.CompletedTask
            : throw new OperationException(OperationError.AlreadyExists, $"Cannot commit {_path}: it already has data.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_file is not null)
        {
            await _file.DisposeAsync();
            _file = null;
        }

        Do(() =>
        {
            File.Delete(_temporary);
            return true;
        });
    }

    private async Task DoAsync(Task action)
    {
        try
        {
            await action;
        }
        catch (Exception e) when (FileErrors.IsFromFileSystem(e))
        {
            throw FileErrors.Translate(e, $"write {_path}");
        }
    }

    private T Do<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (FileErrors.IsFromFileSystem(e))
        {
            throw FileErrors.Translate(e, $"write {_path}");
        }
    }
}

using System.Security.Cryptography;
using TfeBackup.Local.Files;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Local.Stores;

/// <summary>A backup's data in a temporary file beside the place where the commit puts it.</summary>
internal sealed class DirectoryBackupUpload : IBackupUpload
{
    private const int BufferSize = 1 << 20;
    private const int Buffers = 4;

    // The disk begins with each 32 MiB while the next ones come, so that little is left to wait for at the end.
    private const int WriteOut = 32 << 20;

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
        var size = await WriteAsync(content, file, hash, progress, cancellationToken);
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

    /// <summary>Some buffers are written and hashed, each on a core of its own, while the next one is being filled.</summary>
    private async Task<long> WriteAsync(
        Stream content, FileStream file, IncrementalHash hash, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var buffers = new (byte[] Bytes, Task Used)[Buffers];
        Array.Fill(buffers, ([], Task.CompletedTask));
        var (written, hashed) = (Task.CompletedTask, Task.CompletedTask);
        long size = 0;
        try
        {
            for (var next = 0; ; next = (next + 1) % Buffers)
            {
                await DoAsync(buffers[next].Used);
                var bytes = buffers[next].Bytes is { Length: > 0 } used ? used : new byte[BufferSize];
                var count = await content.ReadAtLeastAsync(bytes, BufferSize, throwOnEndOfStream: false, cancellationToken);
                if (count == 0)
                {
                    await DoAsync(Task.WhenAll(written, hashed));
                    return size;
                }

                written = WriteAsync(file, size, bytes.AsMemory(0, count), written, cancellationToken);
                hashed = HashAsync(hash, bytes.AsMemory(0, count), hashed);
                buffers[next] = (bytes, Task.WhenAll(written, hashed));
                size += count;
                progress?.Report(size);
            }
        }
        finally
        {
            // Only after a failure is there anything left: the file is closed and removed once nothing writes into it.
            await Task.WhenAll(written, hashed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task WriteAsync(
        FileStream file, long offset, ReadOnlyMemory<byte> bytes, Task before, CancellationToken cancellationToken)
    {
        await before;
        await file.WriteAsync(bytes, cancellationToken);
        var end = offset + bytes.Length;
        if (end / WriteOut > offset / WriteOut)
        {
            DurableFile.StartWriting(file.SafeFileHandle, (end - WriteOut) / WriteOut * WriteOut, WriteOut);
        }
    }

    private static async Task HashAsync(IncrementalHash hash, ReadOnlyMemory<byte> bytes, Task before)
    {
        await before;
        await Task.Run(() => hash.AppendData(bytes.Span));
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

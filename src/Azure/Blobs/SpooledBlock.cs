using System.Buffers;
using System.Security.Cryptography;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Azure.Blobs;

/// <summary>A block too large for memory, in a temporary file that only this user can read and that goes when it is closed.</summary>
internal sealed class SpooledBlock : UploadBlock
{
    private const int BufferSize = 1 << 20;

    private readonly FileStream _file;
    private readonly SemaphoreSlim _spools;

    private SpooledBlock(FileStream file, SemaphoreSlim spools)
    {
        _file = file;
        _spools = spools;
    }

    public override Stream Content => _file;

    public override long Length => _file.Length;

    /// <summary>Reads up to a block's bytes from a stream.</summary>
    public static async Task<UploadBlock> FillAsync(
        Stream source, long size, IncrementalHash hash, SemaphoreSlim spools, CancellationToken cancellationToken)
    {
        await spools.WaitAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        SpooledBlock? block = null;
        try
        {
            block = new SpooledBlock(SpoolFile.Create(Path.GetTempPath(), "block"), spools);
            for (var left = size; left > 0;)
            {
                var read = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellationToken);
                if (read == 0)
                {
                    break;
                }

                hash.AppendData(buffer.AsSpan(0, read));
                await block._file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                left -= read;
            }

            block._file.Position = 0;
            return block;
        }
        catch
        {
            if (block is null)
            {
                spools.Release();
            }
            else
            {
                await block.DisposeAsync();
            }

            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        _spools.Release();
    }
}

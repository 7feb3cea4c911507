using System.Security.Cryptography;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive.Packs;

/// <summary>The two outer layers of a pack and of an index while they are written: age to some recipients ▸ zstd frames.</summary>
internal sealed class SealedWriter : IAsyncDisposable
{
    private const int ChunksPerJob = 8;

    private readonly HashingDestination _file;
    private readonly AgeEncryptingStream _age;

    private SealedWriter(HashingDestination file, AgeEncryptingStream age, PackOptions options)
    {
        _file = file;
        _age = age;
        Frames = new FrameWriter(age, options.CompressionLevel, options.Parallelism + 1);
    }

    /// <summary>Takes the content.</summary>
    public FrameWriter Frames { get; }

    /// <summary>The number of bytes written to the file; some of the content is still on its way there.</summary>
    public long Written => _file.Written;

    public static async Task<SealedWriter> CreateAsync(
        Stream destination, IReadOnlyList<AgeRecipient> recipients, PackOptions options, CancellationToken cancellationToken)
    {
        options.Check();
        var fileKey = AgeFile.CreateFileKey();
        var file = new HashingDestination(destination);
        try
        {
            var stanzas = recipients.Select(r => r.Wrap(fileKey)).ToArray();
            var age = await AgeFile.CreateEncryptingStreamAsync(
                file, stanzas, fileKey, ChunksPerJob, options.Parallelism + 1, cancellationToken);
            return new SealedWriter(file, age, options);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
        }
    }

    /// <summary>Ends all layers; the file's length and hash.</summary>
    public async Task<(long Size, string Sha256)> CompleteAsync(CancellationToken cancellationToken)
    {
        await Frames.CompleteAsync(cancellationToken);
        await _age.CompleteAsync(cancellationToken);
        return (_file.Written, _file.Sha256());
    }

    public async ValueTask DisposeAsync()
    {
        await Frames.DisposeAsync();
        await _age.DisposeAsync();
        await _file.DisposeAsync();
    }
}

using System.Security.Cryptography;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// The two outer layers of a pack and of an index while they are read from start to end: age ▸ zstd frames. What it yields counts once
/// <see cref="CheckEndAsync"/> has found the file to be the one that was meant, to its last byte.
/// </summary>
/// <remarks>
/// age proves who a file is for and not who made it: whoever knows the recipient can make one. Only the hash, from what its host signed, does.
/// </remarks>
internal sealed class SealedReader : IAsyncDisposable
{
    private const int ChunksPerBatch = 8;

    private readonly HashingSource _file;
    private readonly AgeDecryptingStream _age;
    private readonly FrameReader _frames;
    private readonly string _name;

    private SealedReader(HashingSource file, AgeDecryptingStream age, string name, PackOptions options)
    {
        _file = file;
        _age = age;
        _frames = new FrameReader(age, options.Parallelism + 1);
        _name = name;
    }

    /// <summary>The number of content bytes read.</summary>
    public long Position => _frames.Position;

    /// <param name="source">The file; stays open.</param>
    /// <param name="name">The file's name, for messages, as a sentence begins with it.</param>
    /// <param name="identities">One of them opens it.</param>
    /// <param name="options">How many frames at once.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public static async Task<SealedReader> OpenAsync(
        Stream source, string name, IReadOnlyList<AgeIdentity> identities, PackOptions options, CancellationToken cancellationToken)
    {
        options.Check();
        var file = new HashingSource(source);
        try
        {
            var header = await AgeHeader.ReadAsync(file, cancellationToken);
            var fileKey = AgeIdentity.Unwrap(header, identities);
            try
            {
                var age = await AgeFile.CreateDecryptingStreamAsync(
                    header, file, fileKey, ChunksPerBatch, options.Parallelism + 2, cancellationToken);
                return new SealedReader(file, age, name, options);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(fileKey);
            }
        }
        catch (Exception e)
        {
            await file.DisposeAsync();
            if (e is ArchiveException archive)
            {
                throw Named(name, archive);
            }

            throw;
        }
    }

    /// <summary>The next content, at least a byte; empty at the end. Valid until more is asked for.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _frames.PeekAsync(cancellationToken);
        }
        catch (ArchiveException e)
        {
            throw Named(_name, e);
        }
    }

    /// <summary>Takes content that was looked at.</summary>
    public void Advance(int count) => _frames.Advance(count);

    /// <summary>Fills a buffer.</summary>
    public async ValueTask ReadExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var content = await PeekAsync(cancellationToken);
            if (content.IsEmpty)
            {
                throw ArchiveException.Corrupt($"{_name} ends at byte {Position} of its content, where more must follow: part of it is missing.");
            }

            var count = Math.Min(content.Length, buffer.Length);
            content[..count].CopyTo(buffer);
            Advance(count);
            buffer = buffer[count..];
        }
    }

    /// <summary>Checks that the content, all layers and the file end here, and that the file is the right one.</summary>
    public async Task CheckEndAsync(string sha256, CancellationToken cancellationToken)
    {
        if (!(await PeekAsync(cancellationToken)).IsEmpty)
        {
            throw ArchiveException.Corrupt($"{_name} goes on behind its end, at byte {Position} of its content.");
        }

        var found = _file.Sha256();
        if (found != sha256)
        {
            throw ArchiveException.Corrupt(
                $"{_name} is another file than the one that was signed: its SHA-256 is {found}, expected {sha256}. Whoever put it there knows the " +
                "public key; restore the file from a copy, or use another backup.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _frames.DisposeAsync();
        await _age.DisposeAsync();
        await _file.DisposeAsync();
    }

    private static ArchiveException Named(string name, ArchiveException e) => new(e.Error, $"{name} cannot be read. {e.Message}");
}

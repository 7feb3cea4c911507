using System.Security.Cryptography;
using System.Text;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tar;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// Reads a pack from its start to its end, in bounded memory whatever it holds. It accepts only what a writer writes. Not thread-safe.
/// </summary>
/// <remarks>
/// That a pack is the one an index names shows at its end, so nothing that was read counts until <see cref="ReadAsync"/> has returned
/// null, unless each entry is compared with the index by itself (<see cref="PackVerifier"/>).
/// </remarks>
public sealed class PackReader : IAsyncDisposable
{
    private readonly SealedReader _file;
    private readonly TarHeaderReader _headers;
    private readonly HashSet<UInt128> _paths = [];
    private readonly string _pack;
    private readonly string _name;
    private long? _modified;
    private TarEntry? _header;
    private EntryContentStream? _content;
    private long _rest;
    private bool _isAtEnd;
    private bool _usable = true;

    private PackReader(SealedReader file, string pack, string name)
    {
        _file = file;
        _pack = pack;
        _name = name;
        _headers = new TarHeaderReader(file.ReadExactlyAsync);
    }

    /// <summary>Opens a pack.</summary>
    /// <param name="source">The file, at its start; need not be seekable; stays open. It is read ahead of what is asked for.</param>
    /// <param name="pack">Its name, from a signed index.</param>
    /// <param name="identity">The repository's identity.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException">
    /// <see cref="ArchiveError.WrongPassword"/> if the identity does not open it, otherwise <see cref="ArchiveError.Corrupt"/> or
    /// <see cref="ArchiveError.Unsupported"/>.
    /// </exception>
    public static async Task<PackReader> OpenAsync(
        Stream source, string pack, AgeIdentity identity, PackOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(identity);
        var name = NameOf(pack);
        return new PackReader(await SealedReader.OpenAsync(source, name, [identity], options ?? new PackOptions(), cancellationToken), pack, name);
    }

    /// <summary>
    /// Goes to the next entry; what was not read of the one before is passed over. Null only once everything is proven: every layer ended as
    /// it should, and the file is the one of that name.
    /// </summary>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<PackEntry?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_isAtEnd)
        {
            return null;
        }

        if (!_usable)
        {
            throw new InvalidOperationException("An earlier read of this pack failed or is still in progress.");
        }

        _usable = false;
        await EndEntryAsync(cancellationToken);
        try
        {
            _header = await _headers.ReadAsync(_file.Position, _modified, cancellationToken);
        }
        catch (ArchiveException e) when (!e.Message.StartsWith(_name, StringComparison.Ordinal))
        {
            throw new ArchiveException(e.Error, $"{_name} cannot be read. {e.Message}");
        }

        if (_header is null)
        {
            await _file.CheckEndAsync(_pack, cancellationToken);
            _isAtEnd = true;
            return null;
        }

        var entry = Describe(_header, _name, out var path, out var comment);
        _modified = entry.Modified;
        if (_paths.Count == IndexLimits.PackEntries || !_paths.Add(BitConverter.ToUInt128(SHA256.HashData(entry.Path))))
        {
            throw ArchiveException.Corrupt($"{_name} holds '{path.Path}' twice, or more than {IndexLimits.PackEntries} entries.");
        }

        _rest = entry.Size;
        _content = new EntryContentStream(entry.Size, ReadContentAsync);
        _usable = true;
        return new PackEntry(path, entry, comment, _content);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _usable = false;
        if (_content is not null)
        {
            await _content.DisposeAsync();
        }

        await _file.DisposeAsync();
    }

    internal static string NameOf(string pack) => $"The pack '{pack}'";

    /// <summary>What the headers of an entry say.</summary>
    internal static TarEntry Describe(TarEntry header, string name, out PackPath path, out ObjectComment? comment)
    {
        try
        {
            comment = ObjectDescription.ReadComment(header, Encoding.UTF8.GetString(header.Path));
            path = PackPath.Of(header, comment);
            return header;
        }
        catch (ArchiveException e)
        {
            throw new ArchiveException(e.Error, $"{name} cannot be read. {e.Message}");
        }
    }

    private async Task EndEntryAsync(CancellationToken cancellationToken)
    {
        if (_header is null)
        {
            return;
        }

        await _content!.DisposeAsync();
        while (_rest > 0)
        {
            var content = await PeekContentAsync(cancellationToken);
            _file.Advance(content.Length);
            _rest -= content.Length;
        }

        var padding = new byte[TarFormat.Padding(_header.Size)];
        await _file.ReadExactlyAsync(padding, cancellationToken);
        if (padding.AsSpan().ContainsAnyExcept((byte)0))
        {
            throw ArchiveException.Corrupt($"{_name} cannot be read. The entry '{Encoding.UTF8.GetString(_header.Path)}' is not padded with zeros.");
        }
    }

    private async ValueTask<int> ReadContentAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!_usable)
        {
            throw new InvalidOperationException("An earlier read of this pack failed or is still in progress.");
        }

        if (_rest == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        _usable = false;
        var content = await PeekContentAsync(cancellationToken);
        content = content[..Math.Min(content.Length, buffer.Length)];
        content.CopyTo(buffer);
        _file.Advance(content.Length);
        _rest -= content.Length;
        _usable = true;
        return content.Length;
    }

    private async ValueTask<ReadOnlyMemory<byte>> PeekContentAsync(CancellationToken cancellationToken)
    {
        var content = await _file.PeekAsync(cancellationToken);
        return content.IsEmpty
            ? throw ArchiveException.Corrupt($"{_name} ends within '{Encoding.UTF8.GetString(_header!.Path)}': {_rest} of its {_header.Size} bytes are missing.")
            : content[..(int)Math.Min(content.Length, _rest)];
    }
}

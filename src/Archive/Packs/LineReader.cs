namespace TfeBackup.Archive.Packs;

/// <summary>Reads lines from wherever content comes from, in pieces.</summary>
/// <param name="peek">The next content, at least a byte; empty at the end.</param>
/// <param name="advance">Takes content that was looked at.</param>
/// <param name="what">The file, for messages.</param>
internal sealed class LineReader(Func<CancellationToken, ValueTask<ReadOnlyMemory<byte>>> peek, Action<int> advance, string what)
{
    private byte[] _line = new byte[4096];
    private int _taken;

    /// <summary>The number of lines read.</summary>
    public long Count { get; private set; }

    /// <summary>The next line without its line feed, valid until the next call; null at the end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_taken > 0)
        {
            advance(_taken);
            _taken = 0;
        }

        var length = 0;
        while (true)
        {
            var content = await peek(cancellationToken);
            if (content.IsEmpty)
            {
                return length == 0 ? null : throw ArchiveException.Corrupt($"{what} ends within line {Count + 1}: part of it is missing.");
            }

            var end = content.Span.IndexOf((byte)'\n');
            var count = end < 0 ? content.Length : end;
            if (length + count > IndexLimits.LineBytes)
            {
                throw ArchiveException.Corrupt($"Line {Count + 1} of {what} is longer than {IndexLimits.LineBytes} bytes.");
            }

            if (end >= 0)
            {
                Count++;
                if (length == 0)
                {
                    // Most lines stand whole where they are; they are taken when the next is asked for.
                    _taken = end + 1;
                    return content[..end];
                }
            }

            if (_line.Length < length + count)
            {
                Array.Resize(ref _line, Math.Max(_line.Length * 2, length + count));
            }

            content[..count].CopyTo(_line.AsMemory(length));
            length += count;
            advance(end < 0 ? count : count + 1);
            if (end >= 0)
            {
                return _line.AsMemory(0, length);
            }
        }
    }
}

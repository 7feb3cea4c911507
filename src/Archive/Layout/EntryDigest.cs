using System.Security.Cryptography;

namespace TfeBackup.Archive.Layout;

/// <summary>Collects the hash and the row count of an entry's content while it passes.</summary>
internal sealed class EntryDigest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _countsRows;

    /// <summary>The number of rows that ended so far; COPY text has a line feed at the end of each and nowhere else.</summary>
    public long Rows { get; private set; }

    /// <summary>True if the last byte ended a row.</summary>
    public bool EndsRow { get; private set; }

    public void Begin(bool countsRows)
    {
        _countsRows = countsRows;
        Rows = 0;
        EndsRow = false;
    }

    public void Add(ReadOnlySpan<byte> content)
    {
        _hash.AppendData(content);
        if (_countsRows && !content.IsEmpty)
        {
            Rows += content.Count((byte)'\n');
            EndsRow = content[^1] == (byte)'\n';
        }
    }

    /// <summary>The hash in lower-case hexadecimal; begins anew.</summary>
    public string End() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}

using TfeBackup.Archive;
using TfeBackup.Cli.Json;

namespace TfeBackup.Cli.Archives;

/// <summary>Counts the tables of a backup. As many numbers as there are tables; their content passes through.</summary>
internal sealed class TableTally
{
    private readonly SortedDictionary<(string Schema, string Table), (int Parts, long Rows, long Bytes)> _tables =
        new(Comparer<(string Schema, string Table)>.Create((x, y) =>
            string.CompareOrdinal(x.Schema, y.Schema) is var schema && schema != 0 ? schema : string.CompareOrdinal(x.Table, y.Table)));

    private readonly byte[] _buffer = new byte[1 << 18];

    /// <summary>Counts a part, reading it.</summary>
    public async Task AddAsync(ArchiveEntry part, CancellationToken cancellationToken)
    {
        // COPY text: a line feed ends a row and stands nowhere else.
        long rows = 0;
        int read;
        while ((read = await part.Content.ReadAsync(_buffer, cancellationToken)) > 0)
        {
            rows += _buffer.AsSpan(0, read).Count((byte)'\n');
        }

        Add(part.Schema!, part.Table!, rows, part.Size);
    }

    /// <summary>Counts a part as the manifest describes it.</summary>
    public void Add(ArchiveIndexEntry part) => Add(part.Schema!, part.Table!, part.Rows ?? 0, part.Size);

    /// <summary>The tables by name.</summary>
    public IReadOnlyList<TableDocument> ToDocuments() =>
        [.. _tables.Select(table => new TableDocument(table.Key.Schema, table.Key.Table, table.Value.Parts, table.Value.Rows, table.Value.Bytes))];

    private void Add(string schema, string table, long rows, long bytes)
    {
        var sum = _tables.GetValueOrDefault((schema, table));
        _tables[(schema, table)] = (sum.Parts + 1, sum.Rows + rows, sum.Bytes + bytes);
    }
}

using TfeBackup.Archive;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine;

/// <summary>Lets several workers write their tables' rows into one archive, part by part.</summary>
internal sealed class ArchiveParts(ArchiveWriter writer) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly HashSet<TableSchema> _written = new(ReferenceEqualityComparer.Instance);

    /// <summary>A sink for one worker.</summary>
    public ICopySink NewSink() => new Sink(this);

    /// <summary>Writes one empty part for every table without rows, so that a lost table and an empty one differ.</summary>
    public async Task WriteEmptyTablesAsync(DatabaseSchema schema, CancellationToken cancellationToken)
    {
        foreach (var table in schema.Tables.Where(table => !_written.Contains(table)))
        {
            await writer.WritePartAsync(table.Schema, table.Name, ReadOnlyMemory<byte>.Empty, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private sealed class Sink(ArchiveParts parts) : ICopySink
    {
        private bool _withinRow;

        public async ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            if (data.IsEmpty)
            {
                return;
            }

            if (!_withinRow)
            {
                await parts._gate.WaitAsync(cancellationToken);
            }

            // A row that comes in pieces keeps the archive to this sink until it has ended. Where writing fails, the archive is
            // lost and so is the gate's purpose; the other workers are cancelled by whoever runs them.
            _withinRow = data.Span[^1] != (byte)'\n';
            try
            {
                parts._written.Add(table);
                await parts.Writer.WritePartAsync(table.Schema, table.Name, data, cancellationToken);
            }
            finally
            {
                if (!_withinRow)
                {
                    parts._gate.Release();
                }
            }
        }
    }

    private ArchiveWriter Writer => writer;
}

using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Runs a plan's COPY statements on one connection and passes on the rows in blocks.</summary>
internal sealed class CopyWorker(NpgsqlConnection connection, CopyPlan plan, ICopySink sink, int blockBytes)
{
    private readonly byte[] _block = new byte[blockBytes];
    private readonly Utf8Guard _guard = new();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (plan.TryTake(out var statement))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var rows = await CopyAsync(statement!, cancellationToken);
                if (statement!.Progress.EndsEmpty(rows))
                {
                    await sink.WriteAsync(statement.Table, ReadOnlyMemory<byte>.Empty, cancellationToken);
                }
            }
            catch (NpgsqlException e)
            {
                throw DatabaseErrors.TranslateForRows(e, $"reading table {statement!.Table}");
            }
        }
    }

    private async Task<long> CopyAsync(CopyStatement statement, CancellationToken cancellationToken)
    {
        var reader = await connection.BeginTextExportAsync(statement.Sql, cancellationToken);
        var complete = false;
        try
        {
            reader.Timeout = 0;
            var rows = 0L;
            var filled = 0;
            while (true)
            {
                var read = await reader.BaseStream.ReadAsync(_block.AsMemory(filled), cancellationToken);
                if (read == 0)
                {
                    break;
                }

                // One row is one line.
                rows += _block.AsSpan(filled, read).Count((byte)'\n');
                filled += read;
                if (filled == _block.Length)
                {
                    filled = await WriteWholeRowsAsync(statement.Table, filled, cancellationToken);
                }
            }

            if (filled > 0)
            {
                _guard.Check(statement.Table, _block.AsSpan(0, filled));
                await sink.WriteAsync(statement.Table, _block.AsMemory(0, filled), cancellationToken);
            }

            complete = true;
            return rows;
        }
        finally
        {
            if (!complete)
            {
                // Disposing alone would read the rest of the table to its end.
                Cancel(reader);
            }

            await reader.DisposeAsync();
        }
    }

    /// <summary>Writes the whole rows of a full block, or all of it when a single row fills it; returns the number of bytes left.</summary>
    private async ValueTask<int> WriteWholeRowsAsync(TableSchema table, int filled, CancellationToken cancellationToken)
    {
        var end = _block.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
        if (end == 0)
        {
            end = filled;
        }

        _guard.Check(table, _block.AsSpan(0, end));
        await sink.WriteAsync(table, _block.AsMemory(0, end), cancellationToken);
        _block.AsSpan(end, filled - end).CopyTo(_block);
        return filled - end;
    }

    private static void Cancel(NpgsqlCopyTextReader reader)
    {
        try
        {
            reader.Cancel();
        }
        catch (Exception e) when (e is NpgsqlException or ObjectDisposedException)
        {
            // The connection is gone already: there is nothing left to stop, and the failure that brought us here is the one to tell.
        }
    }
}

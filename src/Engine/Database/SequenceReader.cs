using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Reads where sequences stand.</summary>
internal static class SequenceReader
{
    private const int Batch = 200;

    public static async Task<SequenceStates> ReadAsync(NpgsqlConnection connection, IReadOnlyList<Relation> sequences, CancellationToken cancellationToken)
    {
        // The function tells nothing of one that has given no value yet, which may start anywhere: those are read themselves, at a query's cost each.
        var values = (await connection.QueryAsync(
            "SELECT s.oid, pg_catalog.pg_sequence_last_value(s.oid) FROM pg_catalog.unnest($1::oid[]) AS s(oid)",
            static row => (Oid: row.GetFieldValue<uint>(0), Value: row.IsDBNull(1) ? (long?)null : row.GetInt64(1)),
            cancellationToken,
            CoveredRelations.Oids(sequences))).ToDictionary(static sequence => sequence.Oid, static sequence => (Value: sequence.Value ?? 0, IsCalled: sequence.Value is not null));
        foreach (var batch in sequences.Where(sequence => !values[sequence.Oid].IsCalled).Chunk(Batch))
        {
            var sql = string.Join(" UNION ALL ", batch.Select(static (sequence, index) =>
                string.Create(CultureInfo.InvariantCulture, $"SELECT {index}, last_value, is_called FROM {sequence.QuotedName}")));
            foreach (var (index, value, isCalled) in await connection.QueryAsync(
                sql, static row => (row.GetInt32(0), row.GetInt64(1), row.GetBoolean(2)), cancellationToken))
            {
                values[batch[index].Oid] = (value, isCalled);
            }
        }

        return new SequenceStates
        {
            Sequences =
            [
                .. sequences.Select(sequence => new SequenceState
                {
                    Schema = sequence.Schema,
                    Name = sequence.Name,
                    LastValue = values[sequence.Oid].Value,
                    IsCalled = values[sequence.Oid].IsCalled,
                }),
            ],
        };
    }
}

using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Reads where sequences stand.</summary>
internal static class SequenceReader
{
    private const int Batch = 200;

    public static async Task<SequenceStates> ReadAsync(NpgsqlConnection connection, IReadOnlyList<Relation> sequences, CancellationToken cancellationToken)
    {
        var states = new List<SequenceState>();
        foreach (var batch in sequences.Chunk(Batch))
        {
            // pg_sequence_last_value leaves out what a sequence that was never used starts from, so the sequences are read themselves.
            var sql = string.Join(" UNION ALL ", batch.Select(static (sequence, index) =>
                string.Create(CultureInfo.InvariantCulture, $"SELECT {index} AS i, last_value, is_called FROM {sequence.QuotedName}")));
            states.AddRange(await connection.QueryAsync(
                $"SELECT * FROM ({sql}) AS s ORDER BY i",
                row => new SequenceState
                {
                    Schema = batch[row.GetInt32(0)].Schema,
                    Name = batch[row.GetInt32(0)].Name,
                    LastValue = row.GetInt64(1),
                    IsCalled = row.GetBoolean(2),
                },
                cancellationToken));
        }

        return new SequenceStates { Sequences = states };
    }
}

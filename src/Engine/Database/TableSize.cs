using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>How much space a table takes, in bytes.</summary>
/// <param name="Heap">Its rows, without what is stored beside them.</param>
/// <param name="All">All but its indexes.</param>
internal readonly record struct TableSize(long Heap, long All)
{
    public static async Task<IReadOnlyDictionary<uint, TableSize>> ReadAsync(
        NpgsqlConnection connection, IEnumerable<Relation> tables, CancellationToken cancellationToken) =>
        (await connection.QueryAsync(
            "SELECT oid, pg_catalog.pg_relation_size(oid), pg_catalog.pg_table_size(oid) FROM pg_catalog.unnest($1::oid[]) AS t(oid)",
            static row => (Oid: row.GetFieldValue<uint>(0), Size: new TableSize(row.GetInt64(1), row.GetInt64(2))),
            cancellationToken,
            CoveredRelations.Oids(tables))).ToDictionary(static table => table.Oid, static table => table.Size);
}

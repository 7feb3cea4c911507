using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Reads the catalogue into a <see cref="DatabaseSchema"/>. The search path must be empty, so that names come out qualified.</summary>
internal static class SchemaReader
{
    public static async Task<DatabaseSchema> ReadAsync(
        NpgsqlConnection connection,
        ServerInfo server,
        CoveredRelations relations,
        EncryptedColumnRule encryptedColumns,
        CancellationToken cancellationToken)
    {
        var oids = CoveredRelations.Oids(relations.Tables);
        var columns = (await connection.QueryAsync(
            """
            SELECT a.attrelid, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull
            FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            ORDER BY a.attrelid, a.attnum
            """,
            static row => (Table: row.GetFieldValue<uint>(0), Name: row.GetString(1), Type: row.GetString(2), NotNull: row.GetBoolean(3)),
            cancellationToken,
            oids)).ToLookup(static column => column.Table);
        var keys = (await connection.QueryAsync(
            """
            SELECT i.indrelid, a.attname::text
            FROM pg_catalog.pg_index i
            CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE i.indrelid = ANY ($1) AND i.indisprimary AND k.position <= i.indnkeyatts
            ORDER BY i.indrelid, k.position
            """,
            static row => (Table: row.GetFieldValue<uint>(0), Name: row.GetString(1)),
            cancellationToken,
            oids)).ToLookup(static key => key.Table, static key => key.Name);
        var roots = (await connection.QueryAsync(
            """
            SELECT c.oid, n.nspname::text, r.relname::text
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(c.oid)
            JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
            WHERE c.oid = ANY ($1) AND c.relispartition
            """,
            static row => (Table: row.GetFieldValue<uint>(0), Schema: row.GetString(1), Name: row.GetString(2)),
            cancellationToken,
            oids)).ToDictionary(static root => root.Table, static root => (root.Schema, root.Name));
        var sequences = (await connection.QueryAsync(
            "SELECT seqrelid, pg_catalog.format_type(seqtypid, NULL) FROM pg_catalog.pg_sequence WHERE seqrelid = ANY ($1)",
            static row => (Oid: row.GetFieldValue<uint>(0), Type: row.GetString(1)),
            cancellationToken,
            CoveredRelations.Oids(relations.Sequences))).ToDictionary(static sequence => sequence.Oid, static sequence => sequence.Type);

        var schema = new DatabaseSchema
        {
            ServerVersion = server.Version,
            Schemas = [.. relations.Schemas],
            Tables =
            [
                .. relations.Tables.Select(table => new TableSchema
                {
                    Schema = table.Schema,
                    Name = table.Name,
                    Columns =
                    [
                        .. columns[table.Oid].Select(column => new ColumnSchema
                        {
                            Name = column.Name,
                            Type = column.Type,
                            NotNull = column.NotNull,
                            TransitKey = KeyOf(table, column.Name),
                        }),
                    ],
                    PrimaryKey = [.. keys[table.Oid]],
                }),
            ],
            Sequences =
            [
                .. relations.Sequences.Select(sequence => new SequenceSchema
                {
                    Schema = sequence.Schema,
                    Name = sequence.Name,
                    Type = sequences[sequence.Oid],
                }),
            ],
            Types = await ReadTypesAsync(connection, server, oids, cancellationToken),
            MaterializedViews =
            [
                .. relations.MaterializedViews.Select(view => new MaterializedViewSchema
                {
                    Schema = view.Schema,
                    Name = view.Name,
                    Populated = view.IsPopulated,
                }),
            ],
            Excluded = [.. relations.Excluded.Select(static relation => relation.ToString())],
            Fingerprint = "",
        };
        return schema.WithFingerprint();

        // An application knows the table it declared, not the partitions its rows lie in.
        string? KeyOf(Relation table, string column) =>
            roots.TryGetValue(table.Oid, out var root)
                ? encryptedColumns(root.Schema, root.Name, column)
                : encryptedColumns(table.Schema, table.Name, column);
    }

    /// <summary>The columns' types and, in turn, the types those are made of; an array stands for its elements' type.</summary>
    private static Task<List<TypeSchema>> ReadTypesAsync(
        NpgsqlConnection connection, ServerInfo server, uint[] tables, CancellationToken cancellationToken)
    {
        // Multiranges came with 14; before, nothing can be made of one.
        var multiranges = server.Major >= 14 ? "UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE r.rngmultitypid = t.oid" : "";
        return connection.QueryAsync(
            $$"""
            WITH RECURSIVE used(oid) AS (
              SELECT a.atttypid FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
              UNION
              SELECT part.oid FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid
              CROSS JOIN LATERAL (
                SELECT t.typelem WHERE t.typelem <> 0
                UNION ALL SELECT t.typbasetype WHERE t.typbasetype <> 0
                UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid
                {{multiranges}}
                UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
              ) AS part(oid))
            SELECT n.nspname::text, t.typname::text,
                   CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'c' THEN 'composite' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' WHEN 'm' THEN 'multirange' ELSE 'base' END,
                   COALESCE(CASE t.typtype
                     WHEN 'e' THEN (SELECT pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)
                     WHEN 'c' THEN (SELECT pg_catalog.array_agg(a.attname::text || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
                                    FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
                     WHEN 'd' THEN ARRAY[pg_catalog.format_type(t.typbasetype, t.typtypmod)]
                     WHEN 'r' THEN (SELECT ARRAY[pg_catalog.format_type(r.rngsubtype, NULL)] FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid)
                   END, '{}')
            FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND t.typcategory <> 'A'
            ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"
            """,
            static row => new TypeSchema
            {
                Schema = row.GetString(0),
                Name = row.GetString(1),
                Kind = row.GetString(2),
                Members = row.GetFieldValue<string[]>(3),
            },
            cancellationToken,
            tables);
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace TfeBackup.Engine.Database.Changes;

/// <summary>Reads the layouts of tables from the catalogue.</summary>
internal static class TableLayouts
{
    /// <summary>Raised whenever the same row comes out as other text than before: by another statement, or through other conversions.</summary>
    private const int ReaderVersion = 1;

    /// <summary>
    /// The server's own types whose text depends on the value, the server's version and the pinned settings alone. Others print names of what a value
    /// points to (<c>regclass</c>, <c>aclitem</c>); types of extensions print what their code likes.
    /// </summary>
    private static readonly string[] ComparableTypes =
    [
        "bit", "bool", "box", "bpchar", "bytea", "char", "cid", "cidr", "circle", "date", "float4", "float8", "inet", "int2", "int2vector", "int4",
        "int8", "interval", "json", "jsonb", "jsonpath", "line", "lseg", "macaddr", "macaddr8", "money", "name", "numeric", "oid", "oidvector", "path",
        "pg_lsn", "pg_snapshot", "point", "polygon", "text", "tid", "time", "timestamp", "timestamptz", "timetz", "tsquery", "tsvector",
        "txid_snapshot", "uuid", "varbit", "varchar", "xid", "xid8", "xml",
    ];

    /// <summary>Reads the layouts of tables.</summary>
    /// <param name="connection">A connection in the snapshot's transaction, the tables locked.</param>
    /// <param name="server">The server.</param>
    /// <param name="relations">The tables.</param>
    /// <param name="tables">What is read of each, in the same order.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A layout for each table, in the same order.</returns>
    public static async Task<IReadOnlyList<TableLayout>> ReadAsync(
        NpgsqlConnection connection,
        ServerInfo server,
        IReadOnlyList<Relation> relations,
        IReadOnlyList<TableSchema> tables,
        CancellationToken cancellationToken)
    {
        var oids = CoveredRelations.Oids(relations);
        var files = (await connection.QueryAsync(
            "SELECT c.oid, COALESCE(pg_catalog.pg_relation_filenode(c.oid), 0), c.relam FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1)",
            static row => (Table: row.GetFieldValue<uint>(0), File: row.GetFieldValue<uint>(1), Method: row.GetFieldValue<uint>(2)),
            cancellationToken,
            oids)).ToDictionary(static file => file.Table);
        var columns = (await connection.QueryAsync(
            """
            SELECT a.attrelid, a.atttypid, pg_catalog.concat_ws(' ', a.attnum, pg_catalog.quote_ident(a.attname), a.atttypid, a.atttypmod, a.attlen, a.attisdropped,
                   a.attgenerated, a.atthasmissing, pg_catalog.quote_nullable(a.attmissingval::text))
            FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY ($1) AND a.attnum > 0 ORDER BY a.attrelid, a.attnum
            """,
            static row => (Table: row.GetFieldValue<uint>(0), Type: row.GetFieldValue<uint>(1), Text: row.GetString(2)),
            cancellationToken,
            oids)).ToLookup(static column => column.Table);
        var types = (await ReadTypesAsync(connection, server, oids, cancellationToken)).ToDictionary(static type => type.Oid);
        var settings = string.Join('\n', SessionSettings.OfTransaction.Select(static setting => $"{setting.Name}={setting.Value}"));

        return [.. relations.Zip(tables, LayoutOf)];

        TableLayout LayoutOf(Relation relation, TableSchema table)
        {
            var used = new SortedDictionary<uint, LayoutType>();
            foreach (var column in columns[relation.Oid].Where(static column => column.Type != 0))
            {
                AddType(used, column.Type);
            }

            var file = files[relation.Oid];
            string[] lines =
            [
                string.Create(CultureInfo.InvariantCulture, $"reader {ReaderVersion}"),
                settings,
                string.Create(CultureInfo.InvariantCulture, $"server {server.Major} {server.BlockSize}"),
                string.Create(CultureInfo.InvariantCulture, $"table {relation.Oid} {file.File} {file.Method}"),
                .. columns[relation.Oid].Select(static column => $"column {column.Text}"),
                .. table.Columns.Select(static column => $"read {SqlName.Quote(column.Name)} {SqlText.Literal(column.TransitKey)}"),
                .. used.Values.Select(static type => string.Create(CultureInfo.InvariantCulture, $"type {type.Oid} {type.Text}")),
            ];
            var fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
            var other = used.Values.FirstOrDefault(static type => !type.IsComparable);
            return new TableLayout(
                fingerprint,
                !relation.IsHeap ? "it is not stored as a heap"
                : file.File == 0 ? "it has no file of its own"
                : other is not null ? $"the text of its type {other.Name} can change while its values do not"
                : null);
        }

        void AddType(SortedDictionary<uint, LayoutType> used, uint oid)
        {
            if (types.TryGetValue(oid, out var type) && used.TryAdd(oid, type))
            {
                foreach (var part in type.Parts)
                {
                    AddType(used, part);
                }
            }
        }
    }

    /// <summary>The types of the columns and, in turn, those these are made of.</summary>
    private static Task<List<LayoutType>> ReadTypesAsync(NpgsqlConnection connection, ServerInfo server, uint[] tables, CancellationToken cancellationToken)
    {
        // Multiranges came with 14; before, nothing can be made of one.
        var multirange = server.Major >= 14 ? "UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE t.typtype = 'm' AND r.rngmultitypid = t.oid" : "";
        return connection.QueryAsync(
            $$"""
            WITH RECURSIVE used(oid) AS (
              SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND a.atttypid <> 0
              UNION
              SELECT part.oid FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid CROSS JOIN LATERAL ({{Parts(multirange)}}) AS part(oid))
            SELECT t.oid, pg_catalog.format_type(t.oid, NULL), ARRAY({{Parts(multirange)}})::oid[],
                   t.typtype IN ('c', 'd', 'e', 'm', 'r') OR (t.typelem <> 0 AND t.typlen = -1 AND t.typcategory = 'A')
                   OR (t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND t.typname = ANY ($2)),
                   pg_catalog.concat_ws(' ', t.typtype, t.typlen, t.typdelim, t.typoutput::oid, t.typtypmod,
                     (SELECT pg_catalog.string_agg(e.oid || ' ' || pg_catalog.quote_literal(e.enumlabel), ' ' ORDER BY e.oid) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
                     (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attnum, a.atttypid, a.atttypmod, a.attisdropped), ', ' ORDER BY a.attnum)
                      FROM pg_catalog.pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0))
            FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid
            """,
            static row => new LayoutType(row.GetFieldValue<uint>(0), row.GetString(1), row.GetFieldValue<uint[]>(2), row.GetBoolean(3), row.GetString(4)),
            cancellationToken,
            tables,
            ComparableTypes);
    }

    private static string Parts(string multirange) =>
        $"""
        SELECT t.typelem WHERE t.typelem <> 0
        UNION ALL SELECT t.typbasetype WHERE t.typbasetype <> 0
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid
        {multirange}
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        """;

    /// <summary>A type that rows are printed through.</summary>
    /// <param name="Oid">Its oid.</param>
    /// <param name="Name">Its qualified name.</param>
    /// <param name="Parts">The types it is made of.</param>
    /// <param name="IsComparable">True if its text, as far as it is not that of its parts, depends on the value and on <paramref name="Text"/> alone.</param>
    /// <param name="Text">What its text depends on.</param>
    private sealed record LayoutType(uint Oid, string Name, uint[] Parts, bool IsComparable, string Text);
}

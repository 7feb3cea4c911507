using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace TfeBackup.Engine.Database.Parts;

/// <summary>
/// Reads what the text of a table's rows depends on besides the rows: the file they lie in, the columns, dropped ones included, and their types,
/// down to what these are made of (FORMAT-2.md, "Layout").
/// </summary>
internal static class TableLayouts
{
    /// <summary>The writer of COPY text and the settings it pins; another number voids what was written under this one.</summary>
    private const string Writer = "copy 1";

    /// <summary>
    /// Built-in types whose text depends on the value alone, given the pinned settings. Those that print names from the catalogue, or that somebody
    /// brought, are not among them.
    /// </summary>
    private static readonly string[] PlainTypes =
    [
        "bool", "bytea", "char", "name", "int8", "int2", "int4", "text", "oid", "json", "jsonb", "xml", "point", "lseg", "path", "box", "polygon", "line",
        "circle", "float4", "float8", "money", "macaddr", "macaddr8", "inet", "cidr", "bpchar", "varchar", "date", "time", "timestamp", "timestamptz",
        "interval", "timetz", "bit", "varbit", "numeric", "uuid", "tsvector", "tsquery", "pg_lsn",
    ];

    /// <summary>The layout of each table, by oid; null for one whose rows have to be read each time.</summary>
    /// <param name="connection">In the transaction of the snapshot, with the tables locked and an empty search path.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="declaration">Of a table, what of it is declared encrypted, and how.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyDictionary<uint, string?>> ReadAsync(
        NpgsqlConnection connection, IReadOnlyList<Relation> tables, Func<Relation, string> declaration, CancellationToken cancellationToken)
    {
        var oids = CoveredRelations.Oids(tables);
        var descriptions = (await connection.QueryAsync(
            """
            WITH RECURSIVE used(attrelid, oid) AS (
              SELECT a.attrelid, a.atttypid FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
              UNION
              SELECT used.attrelid, part.oid FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid
              CROSS JOIN LATERAL (
                SELECT t.typelem WHERE t.typelem <> 0 AND t.typlen = -1
                UNION ALL SELECT t.typbasetype WHERE t.typbasetype <> 0
                UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid
                UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE pg_catalog.to_jsonb(r) ->> 'rngmultitypid' = t.oid::text
                UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
              ) AS part(oid)),
            described(attrelid, oid, is_plain, text) AS (
              SELECT u.attrelid, t.oid,
                CASE
                  WHEN t.typtype IN ('e', 'c', 'd', 'r', 'm') THEN true
                  WHEN t.typelem <> 0 AND t.typlen = -1 THEN true
                  ELSE t.oid < 16384 AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND t.typname = ANY ($2)
                END,
                pg_catalog.json_build_array(t.oid, t.typname, t.typnamespace, t.typtype, t.typlen, t.typelem, t.typbasetype, t.typtypmod, t.typdelim, t.typinput::oid, t.typoutput::oid,
                  (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(e.oid, e.xmin::text, e.enumlabel) ORDER BY e.oid) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
                  (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attnum, a.attname, a.atttypid, a.atttypmod, a.attisdropped) ORDER BY a.attnum)
                   FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0))::text
              FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.oid)
            SELECT c.oid, COALESCE(m.amname = 'heap', false)
                AND NOT EXISTS (SELECT FROM described d WHERE d.attrelid = c.oid AND NOT d.is_plain),
              pg_catalog.json_build_array(c.oid, pg_catalog.pg_relation_filenode(c.oid), c.reltablespace, c.relpersistence, m.amname,
                (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attnum, a.attname, a.atttypid, a.atttypmod, a.attlen, a.attalign, a.attcollation, a.attisdropped,
                   a.attgenerated, a.atthasmissing, a.attmissingval::text) ORDER BY a.attnum)
                 FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
                (SELECT pg_catalog.json_agg(d.text ORDER BY d.oid) FROM described d WHERE d.attrelid = c.oid))::text
            FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
            WHERE c.oid = ANY ($1)
            """,
            static row => (Oid: row.GetFieldValue<uint>(0), IsPlain: row.GetBoolean(1), Text: row.GetString(2)),
            cancellationToken,
            oids,
            PlainTypes)).ToDictionary(static table => table.Oid);
        return tables.ToDictionary(
            static table => table.Oid,
            table => descriptions.TryGetValue(table.Oid, out var found) && found.IsPlain
                ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Writer}\n{declaration(table)}\n{found.Text}")))
                : null);
    }
}

using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Facts about a server that reading its catalogue depends on.</summary>
internal sealed record ServerInfo(int Major, string Version, int BlockSize)
{
    /// <summary>Reads it, and refuses servers and databases that cannot be worked with.</summary>
    public static async Task<ServerInfo> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (number, version, block, encoding, name) = (await connection.QueryAsync(
            """
            SELECT pg_catalog.current_setting('server_version_num')::int, pg_catalog.current_setting('server_version'),
                   pg_catalog.current_setting('block_size')::int, pg_catalog.pg_encoding_to_char(encoding)::text, datname::text
            FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
            """,
            static row => (row.GetInt32(0), row.GetString(1), row.GetInt32(2), row.GetString(3), row.GetString(4)),
            cancellationToken))[0];
        if (number < 120000)
        {
            throw new EngineException(
                EngineError.Unsupported, $"PostgreSQL {version} is older than 12, the oldest supported version; upgrade the server.");
        }

        // In these, what a byte means is not known, so no text is sure to arrive as the same text elsewhere.
        if (encoding is "SQL_ASCII" or "MULE_INTERNAL")
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"The database {name} has the encoding {encoding}, which does not define its text; use a database with the encoding UTF8.");
        }

        // Packagers append their own words to the version: "15.18 (Debian 15.18-1)".
        var space = version.IndexOf(' ', StringComparison.Ordinal);
        return new ServerInfo(number / 10000, space < 0 ? version : version[..space], block);
    }
}

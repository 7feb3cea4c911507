using System.Text;
using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Database.Binary;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>
/// Rows that are turned into binary ones are the rows that their text is: compared by PostgreSQL itself, for each type over its
/// whole range, and for texts that no PostgreSQL writes.
/// </summary>
public sealed class BinaryRowsTests
{
    private const int Seed = 20_240_229;

    private const string Definitions =
        """
        CREATE TYPE mood AS ENUM ('sad', 'o''k', E'a\tb\\c\n', '🙂', '\N', '', 'x23456789012345678901234567890123456789012345678901234567890123');
        CREATE SCHEMA "zweites ""Schema";
        CREATE TYPE "zweites ""Schema"."a.b" AS ENUM ('one', 'two');
        CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
        CREATE DOMAIN short AS varchar(5);
        CREATE DOMAIN shorter AS short CHECK (length(VALUE) < 5);
        CREATE DOMAIN price AS numeric(12,4);
        CREATE FUNCTION nasty(n integer) RETURNS text LANGUAGE sql AS
          $$ SELECT COALESCE(string_agg((ARRAY[E'\b', E'\f', E'\n', E'\r', E'\t', E'\x0b', E'\\', 'N', '.', 'x', '0', 'é', '🙂', '"', '''', ' ', E'\x01', E'\x7f'])[1 + floor(random() * 18)::int], ''), '')
             FROM generate_series(1, (random() * n)::int) $$;
        """;

    /// <summary>Each type, with a query for values of it.</summary>
    private static readonly (string Type, string Values)[] Kinds =
    [
        ("boolean", "VALUES (true), (false)"),
        ("smallint", "SELECT floor(random() * 65536)::int - 32768 FROM generate_series(1, 500) UNION ALL VALUES (-32768), (32767), (0), (-1)"),
        ("integer", "SELECT floor(random() * 4294967296)::bigint - 2147483648 FROM generate_series(1, 500) UNION ALL VALUES (-2147483648), (2147483647), (0)"),
        ("bigint", "SELECT ((random() * 2 - 1) * 10 ^ (random() * 18))::bigint FROM generate_series(1, 500) UNION ALL VALUES (-9223372036854775808), (9223372036854775807), (0)"),
        ("oid", "SELECT floor(random() * 4294967296)::bigint::oid FROM generate_series(1, 500) UNION ALL VALUES (0::oid), (4294967295::oid)"),
        ("text", "SELECT nasty(30) FROM generate_series(1, 2000) UNION ALL VALUES (''), ('\\N'), ('\\.'), (E'\\n'), (repeat('y', 300000)), (repeat(E'\\\\', 200000)), (repeat('🙂', 500000))"),
        ("text", "SELECT chr(i) FROM generate_series(1, 55295) i UNION ALL SELECT chr(i) FROM generate_series(57344, 70000) i UNION ALL VALUES (chr(1114111))"),
        ("character varying", "SELECT nasty(30) FROM generate_series(1, 500)"),
        ("character varying(12)", "SELECT nasty(12) FROM generate_series(1, 500)"),
        ("character(5)", "SELECT nasty(5) FROM generate_series(1, 500) UNION ALL VALUES (''), ('🙂'), ('a  ')"),
        ("bpchar", "SELECT nasty(9) FROM generate_series(1, 500) UNION ALL VALUES ('a   ')"),
        ("name", "SELECT nasty(20) FROM generate_series(1, 500) UNION ALL VALUES (''), (repeat('n', 63)), (repeat('é', 31))"),
        ("json", "SELECT json_build_object(nasty(9), nasty(30), 'n', random())::text::json FROM generate_series(1, 500) UNION ALL VALUES ('null'::json), (' [1 ,\t2]'), ('{\"a\":1,\"a\":2}'), (E'{\\n}')"),
        ("jsonb", "SELECT jsonb_build_object(nasty(9), nasty(30), 'n', random()) FROM generate_series(1, 500) UNION ALL VALUES ('null'::jsonb), ('[1e1000, -0.0]'), ('\"\"'), ('{\"\\u0001\": []}')"),
        ("uuid", "SELECT md5(random()::text)::uuid FROM generate_series(1, 500) UNION ALL VALUES ('00000000-0000-0000-0000-000000000000'::uuid), ('ffffffff-ffff-ffff-ffff-ffffffffffff')"),
        ("bytea", "SELECT substr(decode(md5(random()::text), 'hex'), 1, (random() * 16)::int) FROM generate_series(1, 500) UNION ALL VALUES (''::bytea), ('\\x00'), (decode(repeat('5c0a', 400000), 'hex'))"),
        ("date", "SELECT '4714-11-24 BC'::date + floor(random() * 2147483494)::int FROM generate_series(1, 2000) UNION ALL SELECT '0010-01-01 BC'::date + i FROM generate_series(1, 9000) i UNION ALL SELECT '1895-12-31'::date + i FROM generate_series(1, 5000) i UNION ALL VALUES ('infinity'::date), ('-infinity'), ('4714-11-24 BC'), ('0001-12-31 BC'), ('0001-01-01'), ('5874897-12-31')"),
        ("timestamp without time zone", "SELECT '2000-01-01'::timestamp + make_interval(days => floor(random() * 109203489)::int - 2451544) + interval '1 microsecond' * floor(random() * 86400000000) FROM generate_series(1, 3000) UNION ALL VALUES ('infinity'::timestamp), ('-infinity'), ('4714-11-24 00:00:00 BC'), ('0001-12-31 23:59:59.999999 BC'), ('294276-12-31 23:59:59.999999'), ('1999-12-31 23:59:59.9'), ('2000-02-29 00:00:00')"),
        ("timestamp(3) without time zone", "SELECT now() + interval '1 microsecond' * (random() * 1e12) FROM generate_series(1, 500)"),
        ("timestamp with time zone", "SELECT '2000-01-01 UTC'::timestamptz + make_interval(days => floor(random() * 109203489)::int - 2451544) + interval '1 microsecond' * floor(random() * 86400000000) FROM generate_series(1, 3000) UNION ALL VALUES ('infinity'::timestamptz), ('-infinity'), ('4714-11-24 00:00:00+00 BC'), ('294276-12-31 23:59:59.999999+00'), ('2024-01-01 00:00:00.5+14:30')"),
        ("time without time zone", "SELECT time '00:00' + interval '1 microsecond' * floor(random() * 86400000000) FROM generate_series(1, 500) UNION ALL VALUES ('00:00'::time), ('24:00:00'), ('23:59:59.999999')"),
        ("time(0) without time zone", "SELECT time '00:00' + interval '1 second' * floor(random() * 86400) FROM generate_series(1, 500)"),
        ("numeric", "SELECT ((ARRAY['', '-'])[1 + floor(random() * 2)::int] || substr(translate(md5(random()::text), 'abcdef', '012000'), 1, 1 + (random() * 31)::int) || '.' || substr(translate(md5(random()::text), 'abcdef', '000999'), 1, 1 + (random() * 31)::int))::numeric FROM generate_series(1, 3000) UNION ALL VALUES ('NaN'::numeric), (0), (0.000), (-0.0001), (1e-16383), (10000), (99990000.00009999), (repeat('9', 131072)::numeric), (('-0.' || repeat('7', 16383))::numeric), (('1' || repeat('0', 131071) || '.' || repeat('0', 16382) || '1')::numeric)"),
        ("numeric(30,10)", "SELECT (random() - 0.5)::numeric * 10::numeric ^ (random() * 20)::int FROM generate_series(1, 1000)"),
        ("mood", "SELECT (enum_range(NULL::mood))[1 + floor(random() * 7)::int] FROM generate_series(1, 200)"),
        ("\"zweites \"\"Schema\".\"a.b\"", "VALUES ('one'::\"zweites \"\"Schema\".\"a.b\"), ('two')"),
        ("positive", "VALUES (1), (2147483647), (NULL)"),
        ("shorter", "VALUES ('abcd'), (''), (E'a\\\\b')"),
        ("price", "VALUES (1.5), (-99999999.9999), ('NaN')"),
        ("real", ""),
        ("double precision", ""),
    ];

    public static TheoryData<int> Versions => [.. PostgresBinaries.Installed];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Every_value_of_a_known_type_arrives_as_it_was(int version)
    {
        await using var database = await Databases.NewAsync(Definitions, version);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync($"BEGIN; SELECT setseed({(Seed % 1000) / 1000.0:F3})", default);
        for (var i = 0; i < Kinds.Length; i++)
        {
            await connection.ExecuteAsync($"CREATE TABLE source_{i} (before integer, v {Kinds[i].Type}, behind text)", default);
            if (Kinds[i].Values.Length > 0)
            {
                await connection.ExecuteAsync($"INSERT INTO source_{i} SELECT row_number() OVER (), v, NULL FROM ({Kinds[i].Values}) AS k(v)", default);
            }
            else
            {
                var values = Floats(Kinds[i].Type == "real");
                await connection.ExecuteAsync($"INSERT INTO source_{i} SELECT 1, v, '' FROM unnest($1) AS v", default, values);
            }

            await connection.ExecuteAsync($"INSERT INTO source_{i} (before) SELECT 1", default);
            await connection.ExecuteAsync($"CREATE TABLE target_{i} (LIKE source_{i})", default);
        }

        await SessionSettings.PinAsync(connection, TimeSpan.FromMinutes(1), default);
        var schema = await ReadSchemaAsync(connection);
        for (var i = 0; i < Kinds.Length; i++)
        {
            var text = await CopyOutAsync(connection, $"source_{i}");
            var table = schema.Tables.Single(t => t.Name == $"target_{i}");
            Assert.True(Find(table, schema) is { } rows && rows.Convert(text, new BinaryBuffer(), out var count, out var isExact) == text.Length && isExact && count > 0,
                $"{Kinds[i].Type} was not converted to the end.");

            var load = NewCopy(connection, schema.Types);
            await WriteInPiecesAsync(load, table, text, new Random(Seed + i));

            Assert.Equal(text, await CopyOutAsync(connection, $"target_{i}"));
            Assert.Equal(await CopyOutBinaryAsync(connection, $"source_{i}"), await CopyOutBinaryAsync(connection, $"target_{i}"));
        }
    }

    [Fact]
    public async Task A_text_that_PostgreSQL_does_not_write_becomes_what_PostgreSQL_makes_of_it()
    {
        await using var database = await Databases.NewAsync(Definitions);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        var columns = string.Join(", ", Kinds.Select(static (kind, i) => $"c{i} {kind.Type}"));
        await connection.ExecuteAsync($"BEGIN; CREATE TABLE target ({columns})", default);
        await SessionSettings.PinAsync(connection, TimeSpan.FromMinutes(1), default);
        var schema = await ReadSchemaAsync(connection);
        var random = new Random(Seed);
        var refused = 0;
        for (var i = 0; i < 3000; i++)
        {
            var column = random.Next(Kinds.Length);
            var table = schema.Tables[0] with { Columns = [schema.Tables[0].Columns[column]] };
            var data = Encoding.UTF8.GetBytes($"{Odd(random)}\n{(random.Next(3) == 0 ? Odd(random) + "\n" : "")}");

            var asText = await TryLoadAsync(connection, table, null, data);
            var asBinary = await TryLoadAsync(connection, table, schema.Types, data);

            refused += asText is null ? 1 : 0;
            Assert.True(asText is null ? asBinary is null : asBinary is not null && asText.AsSpan().SequenceEqual(asBinary),
                $"{table.Columns[0].Type}: {Encoding.UTF8.GetString(data)} {(asText is null ? "is refused" : "is loaded")} as text, and not so as binary.");
        }

        Assert.InRange(refused, 100, 2900);
    }

    [Fact]
    public async Task Rows_that_have_to_be_text_may_stand_anywhere()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE target (n numeric, t text)");
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync("BEGIN", default);
        await SessionSettings.PinAsync(connection, TimeSpan.FromMinutes(1), default);
        var schema = await ReadSchemaAsync(connection);
        var random = new Random(Seed);
        var data = new StringBuilder();
        for (var i = 0; i < 5000; i++)
        {
            // Infinity is text to every server before 14, and to this; a row of some MiB does not fit.
            data.Append(random.Next(50) == 0 ? "Infinity" : $"{i}").Append('\t').Append(i % 1000 == 7 ? new string('l', 3 << 20) : $"row\\n{i}").Append('\n');
        }

        var text = Encoding.UTF8.GetBytes(data.ToString());
        var load = NewCopy(connection, schema.Types);
        await WriteInPiecesAsync(load, schema.Tables[0], text, random);

        Assert.Equal(text, await CopyOutAsync(connection, "target"));
    }

    [Fact]
    public async Task Types_that_are_not_known_make_a_table_text()
    {
        await using var database = await Databases.NewAsync(
            Definitions
            + """
              CREATE TYPE pair AS (a integer, b text);
              CREATE DOMAIN pairs AS pair[];
              CREATE TABLE unknown (a integer[], b "char", c interval, d money, e xml, f pair, g pairs, h mood[], i int4range, j inet, k tsvector, l time with time zone, m bit(3));
              """);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync("BEGIN", default);
        await SessionSettings.PinAsync(connection, TimeSpan.FromMinutes(1), default);
        var schema = await ReadSchemaAsync(connection);

        Assert.All(schema.Tables[0].Columns, column => Assert.Null(BinaryTypes.Find(column.Type, schema.Types)));
        Assert.Equal(13, schema.Tables[0].Columns.Count);
    }

    private static CopyIn NewCopy(NpgsqlConnection connection, IReadOnlyList<TypeSchema>? types) =>
        new(connection, new HashSet<(string, string)>(), new Dictionary<(string, string), string>(), types, static (_, _, _) => Task.CompletedTask);

    private static BinaryRows? Find(TableSchema table, DatabaseSchema schema) => BinaryRows.For(table, schema.Types);

    private static async Task<DatabaseSchema> ReadSchemaAsync(NpgsqlConnection connection)
    {
        var options = Databases.Options with { Schemas = ["public"] };
        var relations = await CoveredRelations.ReadAsync(connection, options, [], default);
        return await SchemaReader.ReadAsync(connection, await ServerInfo.ReadAsync(connection, default), relations, RecordedBackup.NoneEncrypted, default);
    }

    /// <summary>Every bit pattern is as likely as any other; not-a-numbers have one text only.</summary>
    private static Array Floats(bool single)
    {
        var random = new Random(Seed);
        var doubles = Enumerable.Range(0, 3000).Select(_ => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue))).Where(static v => !double.IsNaN(v))
            .Concat([0.0, -0.0, 1, 0.1, 1e15, 1e16, 1e-5, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, double.PositiveInfinity, double.NegativeInfinity, 2.2250738585072014E-308]);
        return single
            ? Enumerable.Range(0, 3000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))).Where(static v => !float.IsNaN(v))
                .Concat([0f, -0f, 0.1f, float.Epsilon, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, 1.17549435E-38f]).ToArray()
            : doubles.ToArray();
    }

    /// <summary>A field such as nobody writes, or nearly so.</summary>
    private static string Odd(Random random)
    {
        string[] whole =
        [
            "\\N", "", "\\\\N", "t", "true", "f", "1", "-1", "0", "-0", "+1", " 1", "1 ", "1.5", "01", "1.", ".5", "1e5", "1E5", "1e400", "-1e-400", "1e-400", "0e999999", "NaN", "nan", "-NaN",
            "Infinity", "-Infinity", "inf", "infinity", "-infinity", "99999", "40000", "2147483648", "-2147483649", "4294967296", "9223372036854775808", "99999999999999999999", "0x10", "1_000",
            "2024-02-29", "2023-02-29", "2024-13-01", "2024-00-01", "0000-01-01", "0001-01-01 BC", "4714-11-24 BC", "4714-11-23 BC", "5874897-12-31", "5874898-01-01", "20240229", "2024-1-1", "02024-01-01",
            "2024-02-29 12:34:56", "2024-02-29 24:00:00", "2024-02-29 12:34:60", "2024-02-29 12:34:56.1234567", "2024-02-29 12:34:56.", "2024-02-29 12:34:56+00", "2024-02-29 12:34:56+02", "2024-02-29 12:34:56-00",
            "2024-02-29T12:34:56Z", "294276-12-31 23:59:59.999999", "294277-01-01 00:00:00", "294277-01-01 00:00:00+00", "4714-11-24 00:00:00 BC", "4714-11-23 23:59:59 BC", "now", "epoch", "12:34:56", "24:00:00", "24:00:01", "12:34", "12:60:00",
            "00000000-0000-0000-0000-000000000000", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g",
            "\\\\x", "\\\\x0", "\\\\x0G", "\\\\xDEADbeef", "\\\\x00 11", "abc", "\\\\134", "{}", "[1, 2]", "{\"a\": 1, \"a\": 2}", "{", "null", "\"\\\\u0000\"", "\"\\\\ud800\"", "sad", "SAD", "sadder", "one",
            "\\x41", "\\101", "\\n", "\\q", "a\\", "\\", "\\\\", "\\.x", "a\tb", "\t", "x\\\ty", "abcdef", "abcd   ", "abcdefghijklmnop", "🙂", "\u0000", "12345678901234567890123456789012345678901234567890123456789012345",
        ];
        var odd = whole[random.Next(whole.Length)];
        if (random.Next(3) == 0 && odd.Length > 0)
        {
            var at = random.Next(odd.Length);
            odd = random.Next(3) switch
            {
                0 => odd.Remove(at, 1),
                1 => odd.Insert(at, "0123456789-+.: eEx\\NnBC"[random.Next(22)].ToString()),
                _ => odd + whole[random.Next(whole.Length)],
            };
        }

        // A row that is \. ends the data, and is refused before it gets so far.
        return odd == "\\." ? "" : odd;
    }

    private static async Task<byte[]?> TryLoadAsync(NpgsqlConnection connection, TableSchema table, IReadOnlyList<TypeSchema>? types, byte[] data)
    {
        await connection.ExecuteAsync("SAVEPOINT before", default);
        try
        {
            var load = NewCopy(connection, types);
            try
            {
                await load.WriteAsync(table, data, default);
                await load.EndAsync();
            }
            catch (EngineException)
            {
                await load.AbortAsync();
                return null;
            }

            return await CopyOutBinaryAsync(connection, "target");
        }
        finally
        {
            await connection.ExecuteAsync("ROLLBACK TO SAVEPOINT before", default);
        }
    }

    private static async Task WriteInPiecesAsync(CopyIn load, TableSchema table, byte[] text, Random random)
    {
        for (var position = 0; position < text.Length;)
        {
            var length = Math.Min(text.Length - position, random.Next(3) switch { 0 => random.Next(1, 20), 1 => random.Next(1, 5000), _ => random.Next(1, 2 << 20) });
            await load.WriteAsync(table, text.AsMemory(position, length), default);
            position += length;
        }

        await load.EndAsync();
    }

    private static async Task<byte[]> CopyOutAsync(NpgsqlConnection connection, string table)
    {
        using var reader = await connection.BeginTextExportAsync($"COPY public.{table} TO STDOUT");
        var content = new MemoryStream();
        await ((StreamReader)reader).BaseStream.CopyToAsync(content);
        return content.ToArray();
    }

    private static async Task<byte[]> CopyOutBinaryAsync(NpgsqlConnection connection, string table)
    {
        await using var stream = await connection.BeginRawBinaryCopyAsync($"COPY public.{table} TO STDOUT (FORMAT binary)");
        var content = new MemoryStream();
        await stream.CopyToAsync(content);
        return content.ToArray();
    }
}

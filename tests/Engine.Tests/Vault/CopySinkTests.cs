using System.Text;
using TfeBackup.Archive;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Vault;
using Xunit;

namespace TfeBackup.Engine.Tests.Vault;

public sealed class CopySinkTests : IAsyncLifetime
{
    private const string OldKey = "old_vars_value";

    private static readonly TableSchema Table = new()
    {
        Schema = "public",
        Name = "vars",
        Columns =
        [
            new ColumnSchema { Name = "id", Type = "bigint" },
            new ColumnSchema { Name = "comment", Type = "text" },
            new ColumnSchema { Name = "value_encrypted", Type = "text", TransitKey = OldKey },
            new ColumnSchema { Name = "document_encrypted", Type = "jsonb", TransitKey = "old_vars_document" },
        ],
        PrimaryKey = ["id"],
    };

    private static readonly TableSchema NewTable = Table with
    {
        Columns = [.. Table.Columns.Select(c => c with { TransitKey = c.TransitKey?.Replace("old_", "new_", StringComparison.Ordinal) })],
    };

    private static readonly TableSchema Plain = new()
    {
        Schema = "public",
        Name = "notes",
        Columns = [new ColumnSchema { Name = "id", Type = "bigint" }, new ColumnSchema { Name = "note", Type = "text" }],
    };

    private static readonly EncryptionRules NewRules = new("new", new Dictionary<string, string>(), null, false);

    private VaultFixture _old = null!;
    private VaultFixture _new = null!;

    public async Task InitializeAsync()
    {
        _old = await VaultFixture.StartAsync();
        _new = await VaultFixture.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _old.DisposeAsync();
        await _new.DisposeAsync();
    }

    [Fact]
    public async Task A_ciphertext_becomes_the_marker_and_its_base64()
    {
        var cipher = _old.Server.Encrypt(OldKey, "p\u00e4ssword\t\n");
        Assert.Equal(
            $"1\tc\tvault:plaintext:{OldKey}:{Base64("p\u00e4ssword\t\n")}\t{{}}\n",
            await DecryptAsync($"1\tc\t{cipher}\t{{}}\n"));
    }

    [Fact]
    public async Task Ciphertexts_inside_json_are_decrypted_whatever_escapes_their_writer_uses()
    {
        string cipher;
        do
        {
            cipher = _old.Server.Encrypt("old_vars_document", "in json");
        }
        while (!cipher.Contains('/') || !cipher.Contains('+'));

        var marker = $"\"vault:plaintext:old_vars_document:{Base64("in json")}\"";
        var slashes = cipher.Replace("/", "\\\\/", StringComparison.Ordinal);
        var unicode = cipher.Replace("+", "\\\\u002B", StringComparison.Ordinal).Replace("=", "\\\\u003d", StringComparison.Ordinal);
        Assert.Equal(
            $"1\tc\t\\N\t{{\"a\": {marker}, \"b\": [{marker}, {marker}], \"c\": \"x\"}}\n",
            await DecryptAsync($"1\tc\t\\N\t{{\"a\": \"{cipher}\", \"b\": [\"{slashes}\", \"{unicode}\"], \"c\": \"x\"}}\n"));
    }

    [Fact]
    public async Task Binary_and_empty_plaintexts_survive()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        var data = $"1\tc\t{_old.Server.Encrypt(OldKey, all)}\t\n2\tc\t{_old.Server.Encrypt(OldKey, "")}\t\n";
        var restored = (await EncryptAsync(await DecryptAsync(data))).Split('\t', '\n');
        Assert.Equal(all, _new.Server.Decrypt("new_vars_value", restored[2]));
        Assert.Empty(_new.Server.Decrypt("new_vars_value", restored[6]));
    }

    [Theory]
    [InlineData("1\tvault:v1:c2VjcmV0\tplain\t\\N\n")]
    [InlineData("1\t\"vault:v1:c2VjcmV0\"\t\t\n")]
    [InlineData("\\N\t\\N\t\\N\t\\N\n")]
    [InlineData("1\tvault:plaintext:k:c2VjcmV0\t\t\n")]
    [InlineData("1\tc\tvault:\tvault:v\n")]
    [InlineData("1\tc\tvault:v:x\tvault:vx:y\n")]
    [InlineData("1\tc\tvault:v1\tvault:v12345678901:QUJD\n")]
    [InlineData("1\tc\t\\vault:v1:QUJD\t\\\\\\vault:v1:QUJD\n")]
    [InlineData("1\tc\t\\\\x7661756c743a\t7661756c743a763\n")]
    [InlineData("1\tc\tx\t{\"b\": \"vault:plainly\"}\n")]
    public async Task What_is_no_ciphertext_of_a_declared_column_is_kept(string data)
    {
        Assert.Equal(data, await DecryptAsync(data));
        Assert.Equal(data, await EncryptAsync(data));
        Assert.Empty(_old.Server.Requests);
    }

    /// <summary>How a ciphertext can stand in a value, as COPY prints it; {0} and {1} are ciphertexts, {h} the first in hexadecimal digits.</summary>
    public static TheoryData<string> Shapes { get; } =
    [
        "{0}", "{{0},{1}}", "{{0},NULL}", "({0},\\N,\"a b\")", "\"code\"=>\"{0}\", \"b\"=>NULL", "--- \\n- {0}\\n- {1}\\n", "{0}\\n", " {0} ", "x{0}", "{0}.", "{0}, {1}", "\\\\{0}\\t",
        "[{0},{1})", "{\"a\": \"{0}\"}", "{\"a\": \"{\\\\\"b\\\\\": \\\\\"{0}\\\\\"}\"}", "{\"{\\\\\"a\\\\\": \\\\\"{0}\\\\\"}\",{1}}", "\\\\x{h}", "\\\\x00{h}00{h}", "{\"\\\\\\\\x{h}\",\"\\\\\\\\x{h}00\"}",
        "see {0} there", "vault:plaintext:{0}", "vault:plaintext:k:QQ=={0}",
    ];

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_ciphertext_is_decrypted_in_whatever_shape_it_stands(string shape)
    {
        string[] ciphers = [_old.Server.Encrypt(OldKey, "one"), _old.Server.Encrypt(OldKey, "two")];
        string Filled(Func<int, string> text) => shape.Replace("{0}", text(0), StringComparison.Ordinal).Replace("{1}", text(1), StringComparison.Ordinal)
            .Replace("{h}", Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text(0))), StringComparison.Ordinal);
        var data = Encoding.UTF8.GetBytes($"1\tc\t{Filled(i => ciphers[i])}\t{{}}\n");

        var backup = await DecryptAsync(Encoding.UTF8.GetString(data));
        Assert.DoesNotContain("vault:v", backup, StringComparison.Ordinal);
        Assert.DoesNotContain("7661756c743a76", backup, StringComparison.Ordinal);
        if (!shape.Contains("vault:plaintext", StringComparison.Ordinal))
        {
            Assert.Equal($"1\tc\t{Filled(i => $"vault:plaintext:{OldKey}:{Base64(i == 0 ? "one" : "two")}")}\t{{}}\n", backup);
        }

        for (var cut = 0; cut <= data.Length; cut++)
        {
            Assert.Equal(backup, await RunAsync(inner => new DecryptingCopySink(inner, _old.Client()), [data[..cut], data[cut..]]));
        }

        // The new Vault's ciphertexts take the places of the old one's: decrypted again, the value is the same.
        var restored = await EncryptAsync(backup);
        Assert.Equal(data.Length, Encoding.UTF8.GetByteCount(restored));
        Assert.NotEqual(Encoding.UTF8.GetString(data), restored);
        Assert.Equal(backup.Replace(":old_", ":new_", StringComparison.Ordinal).Replace(Hex(":old_"), Hex(":new_"), StringComparison.Ordinal), await BackUpNewAsync(restored));
        static string Hex(string text) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text));
    }

    [Fact]
    public async Task Escapes_of_JSON_in_a_ciphertext_are_read_however_deep_they_are()
    {
        string cipher;
        do
        {
            cipher = _old.Server.Encrypt(OldKey, "deep");
        }
        while (!cipher.Contains('/') || !cipher.Contains('+'));

        var marker = $"vault:plaintext:{OldKey}:{Base64("deep")}";
        foreach (var backslashes in (int[])[1, 2, 4, 6, 8])
        {
            var escape = new string('\\', backslashes);
            var value = cipher.Replace("/", escape + "/", StringComparison.Ordinal).Replace("+", escape + "u002b", StringComparison.Ordinal);
            Assert.Equal($"1\tc\t\"{marker}\"\t{{}}\n", await DecryptAsync($"1\tc\t\"{value}\"\t{{}}\n"));
        }
    }

    [Theory]
    [InlineData("see vault:v1: there")]
    [InlineData("{vault:v1:}")]
    [InlineData("vault:v1:")]
    [InlineData("vault:v1:!! not base64")]
    [InlineData("see vault:v1:c2VjcmV0 there")]
    [InlineData("{\"a\": \"vault:v1:not base64\"}")]
    [InlineData("\\\\x7661756c743a76313a")]
    public async Task What_begins_like_a_ciphertext_and_is_none_stops_the_backup_by_name(string value)
    {
        _old.Server.Encrypt(OldKey, "the key exists");
        var failure = await Assert.ThrowsAsync<EngineException>(() => DecryptAsync($"7\tc\t{value}\tx\n"));
        Assert.Equal(EngineError.CorruptSource, failure.Error);
        Assert.Contains("public.vars.value_encrypted of the row id=7", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_what_was_decrypted_and_what_was_plain()
    {
        var cipher = _old.Server.Encrypt(OldKey, "x");
        DecryptionCounts counts = new();
        counts.Add(new DatabaseSchema { ServerVersion = "18", Schemas = ["public"], Sequences = [], Fingerprint = "", Tables = [Table, Plain] });
        var data = Encoding.UTF8.GetBytes($"1\tc\t{cipher}\t\\N\n2\tc\t{{{cipher},{cipher}}}\t\n3\tc\tplain\t\\N\n4\tc\t\\N\tvault:plaintext:\n");
        foreach (var size in (int[])[1, 7, 4096])
        {
            await RunAsync(inner => new DecryptingCopySink(inner, _old.Client(), counts), data.Chunk(size));
        }

        Assert.Equal([("public.vars", "document_encrypted", 0, 3), ("public.vars", "value_encrypted", 6, 3)], counts.Columns);
    }

    [Theory]
    [InlineData("vault:plaintext:k:c2VjcmV0", "x")]
    [InlineData("vault:plaintext::c2VjcmV0", "x")]
    [InlineData("vault:plaintext:", "x")]
    [InlineData("vault:plaintext:\\t\\\\ \\n\\b \u00e9", "x")]
    [InlineData("x", "{\"a\": \"vault:plaintext:k:c2VjcmV0\", \"b\": \"vault:plaintext:a \\\\\" b \\\\\\\\\", \"c\": 1}")]
    [InlineData("x", "{\"a\": \"vault:plaintext:never closed}")]
    [InlineData("\"vault:plaintext:k:QUJD\"vault:plaintext:k:QUJD\"", "x")]
    public async Task A_text_that_looks_like_the_marker_is_escaped_and_comes_back(string value, string document)
    {
        var data = $"1\tc\t{value}\t{document}\n";
        var backup = await DecryptAsync(data);
        Assert.NotEqual(data, backup);
        Assert.Equal(data, await EncryptAsync(backup));
        Assert.Empty(_new.Server.Requests);
    }

    [Fact]
    public async Task However_the_data_is_cut_the_output_is_the_same()
    {
        Random random = new(20261122);
        for (var round = 0; round < 60; round++)
        {
            var data = Encoding.UTF8.GetBytes(RandomRows(random));
            var whole = await DecryptAsync(Encoding.UTF8.GetString(data));
            Assert.Equal(whole, await RunAsync(inner => new DecryptingCopySink(inner, _old.Client()), Pieces(data, random)));

            // Restored under another Vault, and backed up from there: the same plaintexts, and everything else as it was.
            var expected = whole.Replace(":old_vars_", ":new_vars_", StringComparison.Ordinal);
            Assert.Equal(expected, await BackUpNewAsync(await EncryptAsync(whole)));
            Assert.Equal(expected, await BackUpNewAsync(await RunAsync(
                inner => new EncryptingCopySink(inner, _new.Client(), NewRules.ColumnKey), Pieces(Encoding.UTF8.GetBytes(whole), random))));
        }
    }

    [Fact]
    public async Task Every_single_cut_of_a_row_gives_the_same()
    {
        var row = $"12\tvault:v1:x\t{_old.Server.Encrypt(OldKey, "a")}\t{{\"k\\\\\"\": \"{_old.Server.Encrypt("old_vars_document", "b")}\", \"m\": \"vault:plaintext:q\"}}\n";
        var data = Encoding.UTF8.GetBytes(row + row);
        var whole = await DecryptAsync(row + row);
        var client = _old.Client();
        for (var cut = 0; cut <= data.Length; cut++)
        {
            Assert.Equal(whole, await RunAsync(inner => new DecryptingCopySink(inner, client), [data[..cut], data[cut..]]));
        }

        Assert.Equal(whole, await RunAsync(inner => new DecryptingCopySink(inner, client), data.Select(b => new[] { b })));
    }

    [Fact]
    public async Task Tables_without_encrypted_columns_pass_as_they_come()
    {
        CollectingSink sink = new();
        DecryptingCopySink decrypting = new(sink, _old.Client());
        await decrypting.WriteAsync(Plain, "1\tvault:v1:AAAA\n2\tx"u8.ToArray(), default);
        await decrypting.WriteAsync(Plain, "y\n"u8.ToArray(), default);
        await decrypting.WriteAsync(Table, "1\tc\tx\ty\n"u8.ToArray(), default);
        Assert.Equal("1\tvault:v1:AAAA\n2\txy\n1\tc\tx\ty\n", sink.Text);
    }

    [Fact]
    public async Task A_huge_field_flows_through_without_being_collected()
    {
        CollectingSink sink = new();
        DecryptingCopySink decrypting = new(sink, _old.Client());
        var piece = new byte[1 << 20];
        piece.AsSpan().Fill((byte)'x');
        await decrypting.WriteAsync(Table, "1\t"u8.ToArray(), default);
        for (var column = 0; column < 2; column++)
        {
            for (var i = 0; i < 30; i++)
            {
                await decrypting.WriteAsync(Table, piece, default);
            }

            await decrypting.WriteAsync(Table, "\t"u8.ToArray(), default);
        }

        await decrypting.WriteAsync(Table, Encoding.UTF8.GetBytes($"\"{_old.Server.Encrypt("old_vars_document", "end")}\"\n"), default);
        Assert.InRange(sink.Longest, 1 << 20, (1 << 20) + 10);
        Assert.EndsWith($"\t\"vault:plaintext:old_vars_document:{Base64("end")}\"\n", sink.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(5)]
    public async Task A_refused_value_is_named_by_table_column_and_primary_key_and_never_shown(int piece)
    {
        var good = _old.Server.Encrypt(OldKey, "good");
        var foreign = _new.Server.Encrypt(OldKey, "foreign");
        var data = Encoding.UTF8.GetBytes($"41\tc\t{good}\tx\n4711\tc\t{foreign}\tx\n43\tc\t{good}\tx\n");
        var failure = await Assert.ThrowsAsync<EngineException>(
            () => RunAsync(inner => new DecryptingCopySink(inner, _old.Client()), data.Chunk(piece)));
        Assert.Equal(EngineError.CorruptSource, failure.Error);
        Assert.Contains("public.vars.value_encrypted", failure.Message, StringComparison.Ordinal);
        Assert.Contains("id=4711", failure.Message, StringComparison.Ordinal);
        Assert.Contains(OldKey, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(foreign[9..], failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_does_not_declare_the_column_is_refused_by_name()
    {
        EncryptionRules none = new("new", new Dictionary<string, string> { ["public.vars.value_encrypted"] = "" }, null, false);
        var failure = await Assert.ThrowsAsync<EngineException>(
            () => RunAsync(inner => new EncryptingCopySink(inner, _new.Client(), none.ColumnKey), ["1\tc\tx\ty\n"u8.ToArray()]));
        Assert.Equal(EngineError.SchemaMismatch, failure.Error);
        Assert.Contains("public.vars.value_encrypted", failure.Message, StringComparison.Ordinal);
        var withoutVault = await Assert.ThrowsAsync<EngineException>(
            () => RunAsync(inner => new EncryptingCopySink(inner, null, EncryptionRules.None.ColumnKey), ["1\tc\tx\ty\n"u8.ToArray()]));
        Assert.Equal(EngineError.SchemaMismatch, withoutVault.Error);
    }

    [Theory]
    [InlineData("vault:plaintext:")]
    [InlineData("vault:plaintext:key")]
    [InlineData("vault:plaintext:key:QQ")]
    [InlineData("vault:plaintext:key:Q=QQ")]
    [InlineData("vault:plaintext:key!:QUJD")]
    [InlineData("vault:plaintext::QQ")]
    public async Task A_backup_s_marker_that_is_not_whole_is_refused_by_name(string value)
    {
        foreach (var text in (string[])[value, $"{{{value}}}", $"\\\\x{Convert.ToHexStringLower(Encoding.ASCII.GetBytes(value))}"])
        {
            var failure = await Assert.ThrowsAsync<ArchiveException>(() => EncryptAsync($"1\tc\t{text}\tx\n"));
            Assert.Equal(ArchiveError.Corrupt, failure.Error);
            Assert.Contains("public.vars.value_encrypted of the row id=1", failure.Message, StringComparison.Ordinal);
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static IEnumerable<byte[]> Pieces(byte[] data, Random random)
    {
        for (var at = 0; at < data.Length;)
        {
            var length = Math.Min(data.Length - at, random.Next(3) switch { 0 => random.Next(4), 1 => random.Next(40), _ => random.Next(400) });
            yield return data[at..(at + length)];
            at += length;
        }
    }

    private string RandomRows(Random random)
    {
        StringBuilder rows = new();
        for (var row = random.Next(1, 8); row > 0; row--)
        {
            rows.Append(row).Append('\t').Append(Scrap(random, null)).Append('\t');
            rows.Append(random.Next(3) == 0 ? _old.Server.Encrypt(OldKey, $"secret {row}") : Scrap(random, null)).Append('\t');
            for (var part = random.Next(6); part > 0; part--)
            {
                rows.Append(Scrap(random, "old_vars_document"));
            }

            rows.Append('\n');
        }

        return rows.ToString();
    }

    private string Scrap(Random random, string? key) => random.Next(14) switch
    {
        0 => "\\N",
        1 => "",
        2 => "\\t\\\\",
        3 => "\\\\\"",
        4 => "\"",
        5 => "\"vault:",
        6 => "\"vault:v1\"",
        7 => "vault:plaintext",
        8 => $"\"vault:plaintext:k:{random.Next()}\"",
        9 => "\"vault:plaintext:k\\\\\\\\",
        10 => "\u00e9\U0001F600",
        11 when key is not null => $"\"{_old.Server.Encrypt(key, $"in json {random.Next()}")}\"",
        12 => "{\"a\": [1, ",
        _ => "plain text",
    };

    private Task<string> BackUpNewAsync(string data) =>
        RunAsync(inner => new DecryptingCopySink(inner, _new.Client()), [Encoding.UTF8.GetBytes(data)], NewTable);

    private Task<string> DecryptAsync(string data) =>
        RunAsync(inner => new DecryptingCopySink(inner, _old.Client()), [Encoding.UTF8.GetBytes(data)]);

    private Task<string> EncryptAsync(string data) =>
        RunAsync(inner => new EncryptingCopySink(inner, _new.Client(), NewRules.ColumnKey), [Encoding.UTF8.GetBytes(data)]);

    private static async Task<string> RunAsync(Func<ICopySink, ICopySink> create, IEnumerable<byte[]> pieces, TableSchema? table = null)
    {
        CollectingSink sink = new();
        var rewriting = create(sink);
        foreach (var piece in pieces)
        {
            await rewriting.WriteAsync(table ?? Table, piece, default);
        }

        return sink.Text;
    }
}

using TfeBackup.Archive.Age;
using Xunit;

namespace TfeBackup.Archive.Tests.Age;

/// <summary>
/// The public age vectors. The file key is taken from the vector where it names no password or identity, so that headers, MACs and
/// payloads are tested with those vectors too.
/// </summary>
public sealed class AgeVectorTests
{
    /// <summary>What no backup has: ASCII armour, and vectors about how post-quantum recipients wrap a file key.</summary>
    private static readonly string[] OutOfScope =
    [
        "armor_crlf", "armor_empty", "armor_empty_last_line", "armor_empty_line_begin", "armor_empty_line_end",
        "armor_eol_between_padding", "armor_full_last_line", "armor_garbage_encoded", "armor_garbage_leading",
        "armor_garbage_trailing", "armor_header_crlf", "armor_headers", "armor_hybrid", "armor_invalid_character_header",
        "armor_invalid_character_payload", "armor_long_line", "armor_lowercase", "armor_no_end_line", "armor_no_eol",
        "armor_no_match", "armor_no_padding", "armor_not_canonical", "armor_pgp_checksum", "armor_scrypt", "armor_short_line",
        "armor_whitespace_begin", "armor_whitespace_end", "armor_whitespace_eol", "armor_whitespace_last_line",
        "armor_whitespace_line_start", "armor_whitespace_outside", "armor_wrong_type", "armor_x25519",
        "hybrid", "hybrid_and_x25519", "hybrid_bad_tag", "hybrid_currupted_enc_mlkem", "hybrid_currupted_enc_x25519",
        "hybrid_extra_argument", "hybrid_grease", "hybrid_identity", "hybrid_long_file_key", "hybrid_long_share",
        "hybrid_low_order", "hybrid_multiple_recipients", "hybrid_no_match", "hybrid_not_canonical_body",
        "hybrid_not_canonical_enc", "hybrid_short_share", "hybrid_uppercase", "hybrid_x25519_arg",
    ];

    private static readonly string[] KindsInScope = ["empty", "header", "hmac", "scrypt", "stanza", "stream", "version", "x25519"];

    private static readonly IReadOnlyDictionary<string, AgeVector> Vectors = AgeVector.ReadAll();

    public static TheoryData<string> InScope => [.. Vectors.Keys.Except(OutOfScope)];

    [Fact]
    public void Exactly_the_listed_vectors_are_left_out()
    {
        Assert.Equal(
            OutOfScope.Order(StringComparer.Ordinal),
            Vectors.Keys.Where(name => !KindsInScope.Contains(name.Split('_')[0])).Order(StringComparer.Ordinal));
        Assert.Equal(92, InScope.Count);
    }

    [Theory]
    [MemberData(nameof(InScope))]
    public async Task The_vector_gets_the_result_it_asks_for(string name)
    {
        var vector = Vectors[name];

        // Read in one go, and again through a source that gives a byte at a time; one chunk at a time, and several at once.
        foreach ((var drips, var chunks, var ahead) in new[] { (false, 1, 0), (true, 1, 0), (false, 2, 3), (true, 3, 1) })
        {
            Stream source = new MemoryStream(vector.File);
            if (drips && vector.File.Length > 1 << 20)
            {
                continue;
            }

            (var outcome, var payload) = await DecryptAsync(vector, drips ? new DrippingStream(source) : source, chunks, ahead);
            Assert.Equal(vector.Expect, outcome);
            if (vector.Expect is "success" or "payload failure")
            {
                Assert.Equal(vector.PayloadSha256, payload);
            }
        }
    }

    /// <summary>What comes of a file, and the hash of what was released of its payload.</summary>
    private static async Task<(string Outcome, string Payload)> DecryptAsync(AgeVector vector, Stream file, int chunks, int ahead)
    {
        var released = new MemoryStream();
        var stage = "header failure";
        try
        {
            var header = await AgeHeader.ReadAsync(file, default);
            stage = "no match";
            var fileKey = vector switch
            {
                { Passphrase: { } passphrase } => await AgePassword.UnwrapAsync(header, passphrase, AgePassword.MaxWorkFactor, default),
                { Identities: { Count: > 0 } identities } => AgeIdentity.Unwrap(header, identities),
                _ => vector.FileKey,
            };
            stage = "HMAC failure";
            header.CheckMac(fileKey);
            stage = "header failure";
            await using var payload =
                await AgeFile.CreateDecryptingStreamAsync(header, file, fileKey, chunks, ahead, default);
            stage = "payload failure";
            await payload.CopyToAsync(released);
            return ("success", Samples.Sha256(released.ToArray()));
        }
        catch (ArchiveException e)
        {
            // Damage to a password's stanza and a password that does not fit are told apart by category.
            var isDamagedStanza = stage == "no match" && e.Error != ArchiveError.WrongPassword && vector.Name != "scrypt_uppercase";
            return (isDamagedStanza ? "header failure" : stage, Samples.Sha256(released.ToArray()));
        }
    }
}

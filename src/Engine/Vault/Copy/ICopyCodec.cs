namespace TfeBackup.Engine.Vault.Copy;

/// <summary>
/// Recognises the values that one direction replaces. Both methods see COPY-escaped bytes that begin with
/// <see cref="Prefix"/>, and decide alike however the data is cut: <see cref="CopyMatchKind.NeedMore"/> only while every byte
/// so far still fits.
/// </summary>
internal interface ICopyCodec
{
    /// <summary>What everything that is replaced begins with, and what is searched for.</summary>
    static ReadOnlySpan<byte> Prefix => "vault:"u8;

    /// <summary>A whole value. A match covers all of <paramref name="value"/>.</summary>
    CopyMatch MatchWhole(ReadOnlySpan<byte> value, bool complete);

    /// <summary>
    /// A JSON string: what follows the opening quote, to the end of the value or of the data at hand. A match ends before
    /// the closing quote, which must be there.
    /// </summary>
    CopyMatch MatchToken(ReadOnlySpan<byte> rest, bool complete);

    /// <summary>What takes the place of a text, given Vault's result for it. Needs no escaping in COPY or JSON.</summary>
    string Format(string transitKey, string result);
}

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>
/// Recognises the texts that one direction replaces, wherever in a value they stand: alone, in an array, a composite, a
/// <c>hstore</c>, JSON or YAML, as often as it takes.
/// </summary>
internal interface ICopyCodec
{
    /// <summary>The prefix of everything that is replaced.</summary>
    static ReadOnlySpan<byte> Prefix => "vault:"u8;

    /// <summary>
    /// Looks at what stands at <see cref="Prefix"/>. Decides alike however the data is cut:
    /// <see cref="CopyMatchKind.NeedMore"/> only while every byte so far still fits.
    /// </summary>
    /// <param name="rest">The value from there on; characters may be escaped by COPY, and by the JSON that COPY escaped.</param>
    /// <param name="complete">True if the value ends with it.</param>
    CopyMatch Match(ReadOnlySpan<byte> rest, bool complete);

    /// <summary>Gets the replacement of a text from Vault's result for it. Needs no escaping anywhere.</summary>
    string Format(string transitKey, string result);
}

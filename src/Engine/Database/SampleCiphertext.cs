namespace TfeBackup.Engine.Database;

/// <summary>One of the values of a column that Vault encrypts.</summary>
/// <param name="Column"><c>schema.table.column</c>.</param>
/// <param name="TransitKey">The Transit key it is declared to be encrypted under.</param>
/// <param name="Ciphertext">The value.</param>
internal sealed record SampleCiphertext(string Column, string TransitKey, string Ciphertext);

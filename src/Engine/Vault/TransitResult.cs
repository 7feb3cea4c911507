namespace TfeBackup.Engine.Vault;

/// <summary>Vault's result for one value: a text or an error.</summary>
/// <param name="Text">Base64 plaintext after decryption, <c>vault:v&lt;n&gt;:…</c> after encryption; null on an error.</param>
/// <param name="Error">Vault's reason for refusing the value, without the value; null on success.</param>
internal readonly record struct TransitResult(string? Text, string? Error)
{
    /// <summary>Says only whether it worked: the text may be a secret.</summary>
    public override string ToString() => Error is null ? "ok" : $"error: {Error}";
}

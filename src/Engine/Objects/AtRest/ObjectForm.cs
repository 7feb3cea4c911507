namespace TfeBackup.Engine.Objects.AtRest;

/// <summary>The forms in which Vault-encrypted objects are stored, as a backup names them.</summary>
internal static class ObjectForm
{
    /// <summary>The object itself is <c>vault:v&lt;n&gt;:…</c>.</summary>
    public const string Value = "value";

    /// <summary>The object is an age file with a <c>vault-transit</c> stanza.</summary>
    public const string Age = "age";

    /// <summary>The stanza's type; its one argument is the Transit key, its body the file key as Transit wrapped it.</summary>
    public const string Stanza = "vault-transit";
}

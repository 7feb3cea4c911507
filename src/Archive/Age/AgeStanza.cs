namespace TfeBackup.Archive.Age;

/// <summary>
/// One recipient stanza of an age header: how one recipient comes by the file key (age-encryption.org/v1, "Recipient stanza").
/// </summary>
/// <param name="Type">The first argument, such as <c>scrypt</c>: one or more visible ASCII characters.</param>
/// <param name="Arguments">The further arguments, each one or more visible ASCII characters.</param>
/// <param name="Body">The body's bytes, not their base64 text.</param>
public sealed record AgeStanza(string Type, IReadOnlyList<string> Arguments, ReadOnlyMemory<byte> Body);

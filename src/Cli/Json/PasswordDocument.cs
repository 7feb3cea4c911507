namespace TfeBackup.Cli.Json;

/// <summary>The output of <c>password new</c>.</summary>
internal sealed record PasswordDocument(string Password, int Bits);

/// <summary>The output of <c>password rotate</c>: names, and no value.</summary>
internal sealed record RotationDocument(string Secret, string Version, string File);

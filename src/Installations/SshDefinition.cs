using TfeBackup.Operations.Model;

namespace TfeBackup.Installations;

/// <summary>The machine that commands run on by SSH.</summary>
/// <param name="Host"><c>Host</c>: its name or address.</param>
/// <param name="Port"><c>Port</c>: 22 by default.</param>
/// <param name="User"><c>User</c>: who logs in.</param>
/// <param name="Key"><c>KeySecret</c>: names the private key, in OpenSSH's or PEM form, without a passphrase.</param>
/// <param name="HostKey"><c>HostKey</c>: the fingerprint of the machine's key, <c>SHA256:…</c> as <c>ssh-keygen -l</c> prints it.</param>
public sealed record SshDefinition(string Host, int Port, string User, SecretReference Key, string HostKey);

using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Azure.Tests.Restarts;

/// <summary>A source whose every secret is the same.</summary>
internal sealed class OneSecret(string value) : ISecretSource
{
    public string Description => "the test";

    public Task<SecretValue> GetAsync(SecretReference secret, CancellationToken cancellationToken) => Task.FromResult(new SecretValue(secret, value));
}

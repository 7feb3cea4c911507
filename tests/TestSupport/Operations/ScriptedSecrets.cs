using System.Collections.Concurrent;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.TestSupport.Operations;

/// <summary>A source of secrets that knows versions.</summary>
public sealed class ScriptedSecrets : ISecretSource
{
    private readonly ConcurrentDictionary<(string Name, string Version), string> _values = new();
    private readonly ConcurrentDictionary<string, string> _current = new();

    public ConcurrentDictionary<string, DateTimeOffset> ExpiresOn { get; } = new();

    public string Description => "the scripted secrets";

    public void Set(string name, string version, string value)
    {
        _values[(name, version)] = value;
        _current[name] = version;
    }

    public void Remove(string name) => _current.TryRemove(name, out _);

    public Task<SecretValue> GetAsync(SecretReference secret, CancellationToken cancellationToken)
    {
        var version = secret.Version ?? (_current.TryGetValue(secret.Name, out var current) ? current : "");
        return _values.TryGetValue((secret.Name, version), out var value)
            ? Task.FromResult(new SecretValue(new SecretReference(secret.Name, version), value)
            {
                ExpiresOn = ExpiresOn.TryGetValue(secret.Name, out var expiresOn) ? expiresOn : null,
            })
            : throw new OperationException(OperationError.NotFound, $"There is no secret {secret} in {Description}.");
    }
}

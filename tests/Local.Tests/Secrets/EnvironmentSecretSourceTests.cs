using TfeBackup.Local.Secrets;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport.Secrets;
using Xunit;

namespace TfeBackup.Local.Tests.Secrets;

public sealed class EnvironmentSecretSourceTests : SecretSourceConformance
{
    protected override bool KnowsVersions => false;

    [Fact]
    public void Variables_are_named_after_secrets() =>
        Assert.Equal("TFEBACKUP_SECRET_PRODUCTION_TOKEN_2", EnvironmentSecretSource.VariableOf("production-token.2"));

    [Fact]
    public async Task The_processs_environment_is_read()
    {
        Environment.SetEnvironmentVariable("TFEBACKUP_SECRET_READ_BY_ITS_TEST", "value");

        Assert.Equal("value", (await new EnvironmentSecretSource().GetAsync(new SecretReference("read-by-its-test"), default)).Reveal());
    }

    protected override Task<ISecretSource> CreateAsync(IReadOnlyDictionary<string, string> secrets)
    {
        var variables = secrets.ToDictionary(secret => EnvironmentSecretSource.VariableOf(secret.Key), secret => secret.Value);
        return Task.FromResult<ISecretSource>(new EnvironmentSecretSource(variables.GetValueOrDefault));
    }
}

using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Installations.Tests;

/// <summary>Installations at an address, with secrets that can be looked for.</summary>
internal static class ApiInstallationFixture
{
    public const string Token = "token-4Zk9QmVw";
    public const string Password = "befit-brakeman-footstep-unclasp";

    public static readonly ApiInstallationOptions Impatient = new()
    {
        StallTimeout = TimeSpan.FromSeconds(5),
        ContinueTimeout = TimeSpan.FromMilliseconds(200),
        AnswerTimeout = TimeSpan.FromSeconds(5),
        StatusTimeout = TimeSpan.FromSeconds(5),
    };

    public static ApiInstallation Create(
        Uri endpoint, ApiInstallationOptions? options = null, string token = Token, string? caFile = null, Uri? healthUrl = null) => new(
        new InstallationConnection
        {
            Name = "production",
            Endpoint = endpoint,
            Token = new SecretReference("production-token"),
            CaFile = caFile,
            HealthUrl = healthUrl,
        },
        new OneSecret(token),
        options: options);

    private sealed class OneSecret(string value) : ISecretSource
    {
        public string Description => "the test";

        public Task<SecretValue> GetAsync(SecretReference secret, CancellationToken cancellationToken) =>
            Task.FromResult(new SecretValue(secret, value));
    }
}

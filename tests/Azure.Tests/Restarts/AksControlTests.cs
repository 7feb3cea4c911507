using Azure.Core;
using Azure.ResourceManager;
using TfeBackup.Azure.Restarts;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Kubernetes;
using TfeBackup.TestSupport.ResourceManager;
using Xunit;

namespace TfeBackup.Azure.Tests.Restarts;

public sealed class AksControlTests : IAsyncLifetime
{
    private static readonly AksDefinition Definition = new(
        KubernetesServer.Namespace, KubernetesServer.Deployment, 2, new SecretReference("aks-kubeconfig"), null, null);

    private readonly TempFolder _folder = new();
    private KubernetesServer _cluster = null!;

    public async Task InitializeAsync() => _cluster = await KubernetesServer.StartAsync(replicas: 3);

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_deployment_is_scaled_to_none_and_back_to_what_it_was()
    {
        var control = Control();
        Assert.Equal(ApplicationState.Running, (await control.GetStatusAsync(default)).State);

        await control.StopAsync(default);
        var stopping = await control.GetStatusAsync(default);
        _cluster.EndPods();
        var stopped = await control.GetStatusAsync(default);

        Assert.Equal((ApplicationState.Changing, ApplicationState.Stopped), (stopping.State, stopped.State));
        Assert.Equal("3", _cluster.Annotations["tfe-backup/replicas"]);

        await control.StartAsync(default);
        var starting = await control.GetStatusAsync(default);
        _cluster.RunPods();
        var running = await control.GetStatusAsync(default);

        Assert.Equal((ApplicationState.Changing, ApplicationState.Running), (starting.State, running.State));
        Assert.Equal(3, _cluster.Replicas);
        Assert.Equal(["team"], _cluster.Annotations.Keys);
        Assert.Contains("3 of 3 pods running", running.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_and_starting_twice_is_once()
    {
        var control = Control();
        await control.StopAsync(default);
        await control.StopAsync(default);
        Assert.Equal("3", _cluster.Annotations["tfe-backup/replicas"]);

        await control.StartAsync(default);
        await control.StartAsync(default);

        Assert.Equal(3, _cluster.Replicas);
        Assert.Equal(2, _cluster.Requests.Count(request => request.StartsWith("PATCH", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_somebody_else_stopped_is_started_with_the_configured_replicas()
    {
        _cluster.Scale(0);

        await Control().StartAsync(default);

        Assert.Equal(2, _cluster.Replicas);
    }

    [Fact]
    public async Task A_deployment_that_changes_meanwhile_is_looked_at_again()
    {
        var changes = 0;
        _cluster.BeforePatch = () =>
        {
            if (changes++ == 0)
            {
                _cluster.Scale(5);
            }
        };

        await Control().StopAsync(default);

        Assert.Equal(("5", 0), (_cluster.Annotations["tfe-backup/replicas"], _cluster.Replicas));
    }

    [Fact]
    public async Task A_deployment_that_never_keeps_still_is_given_up()
    {
        _cluster.BeforePatch = _cluster.Touch;

        var exception = await Assert.ThrowsAsync<OperationException>(() => Control().StopAsync(default));

        Assert.Equal(OperationError.Unavailable, exception.Error);
        Assert.Equal(3, _cluster.Replicas);
    }

    [Theory]
    [InlineData(403, OperationError.Refused, "403 Forbidden. The identity needs a role with get and patch")]
    [InlineData(500, OperationError.Unavailable, "busy or failing")]
    public async Task A_refusal_says_whose_it_is(int status, OperationError expected, string hint)
    {
        _cluster.Refuse = status;

        var exception = await Assert.ThrowsAsync<OperationException>(() => Control().StopAsync(default));

        Assert.Equal(expected, exception.Error);
        Assert.Contains(hint, exception.Message, StringComparison.Ordinal);
        Assert.Contains("deployment tfe/terraform-enterprise", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_that_is_not_there_is_a_matter_of_configuration()
    {
        var exception = await Assert.ThrowsAsync<OperationException>(
            () => Control(Definition with { Deployment = "other" }).StopAsync(default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.Contains("tfe/other", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_wrong_is_refused_and_not_repeated()
    {
        var exception = await Assert.ThrowsAsync<OperationException>(
            () => Control(kubeconfig: _cluster.Kubeconfig("planted-9Xw2")).GetStatusAsync(default));

        Assert.Equal(OperationError.Refused, exception.Error);
        Assert.DoesNotContain("9Xw2", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("planted-9Xw2")]
    [InlineData("{ planted-9Xw2: [")]
    [InlineData("current-context: planted-9Xw2")]
    public async Task A_secret_that_is_no_kubeconfig_is_refused_and_not_repeated(string kubeconfig)
    {
        var exception = await Assert.ThrowsAsync<OperationException>(() => Control(kubeconfig: kubeconfig).GetStatusAsync(default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.Contains("aks-kubeconfig", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("9Xw2", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entra_token_and_a_ca_file_lead_there_too()
    {
        var ca = _folder.Combine("ca.pem");
        await File.WriteAllTextAsync(ca, _cluster.CertificatePem);
        var definition = Definition with { Kubeconfig = null, ApiServer = _cluster.Address, CaFile = ca };

        Assert.Equal(ApplicationState.Running, (await Control(definition).GetStatusAsync(default)).State);
    }

    [Fact]
    public async Task A_server_that_nobody_vouches_for_gets_no_token()
    {
        var definition = Definition with { Kubeconfig = null, ApiServer = _cluster.Address };

        var exception = await Assert.ThrowsAsync<OperationException>(() => Control(definition).GetStatusAsync(default));

        Assert.Equal(OperationError.Unavailable, exception.Error);
        Assert.Empty(_cluster.Requests);
    }

    [Fact]
    public async Task Outside_a_cluster_the_message_says_what_to_configure()
    {
        var exception = await Assert.ThrowsAsync<OperationException>(() => Control(Definition with { Kubeconfig = null }).GetStatusAsync(default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.Contains("Restart:KubeconfigSecret", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("6dae42f8-4368-4678-94ff-3960e28e3630")]
    [InlineData("0f3a0c7e-5b6c-4a83-9d4e-3d9c0d5a8c11")]
    public async Task A_cluster_is_reached_by_its_resource_id_with_a_token_for_what_it_accepts_tokens_for(string application)
    {
        await using var azure = await ResourceManagerServer.StartAsync();
        var cluster = azure.AddCluster("tfe", _cluster.EntraKubeconfig(application));

        var control = InCluster(azure, cluster, application);
        await control.StopAsync(default);
        _cluster.EndPods();

        Assert.Equal(ApplicationState.Stopped, (await control.GetStatusAsync(default)).State);
        Assert.All(azure.Requests, request => Assert.Equal($"POST {cluster}/listClusterUserCredential?api-version=2024-09-01&format=exec", request));
    }

    [Fact]
    public async Task A_cluster_with_local_accounts_is_reached_by_what_its_kubeconfig_holds()
    {
        await using var azure = await ResourceManagerServer.StartAsync();

        var control = InCluster(azure, azure.AddCluster("tfe", _cluster.Kubeconfig()), application: null);

        Assert.Equal(ApplicationState.Running, (await control.GetStatusAsync(default)).State);
    }

    [Theory]
    [InlineData(403, OperationError.Refused, "403 AuthorizationFailed. The identity needs the role Azure Kubernetes Service Cluster User Role")]
    [InlineData(404, OperationError.InvalidConfiguration, "correct Restart:Cluster")]
    [InlineData(503, OperationError.Unavailable, "busy or failing")]
    public async Task A_refused_credential_says_what_it_takes(int status, OperationError expected, string hint)
    {
        await using var azure = await ResourceManagerServer.StartAsync();
        var cluster = azure.AddCluster("tfe", _cluster.Kubeconfig());
        azure.Refuse = (_, _) => (status, "AuthorizationFailed");

        var exception = await Assert.ThrowsAsync<OperationException>(() => InCluster(azure, cluster, application: null).StopAsync(default));

        Assert.Equal(expected, exception.Error);
        Assert.Contains(hint, exception.Message, StringComparison.Ordinal);
        Assert.Empty(_cluster.Requests);
    }

    [Fact]
    public async Task A_cluster_s_kubeconfig_that_is_none_is_not_repeated()
    {
        await using var azure = await ResourceManagerServer.StartAsync();

        var control = InCluster(azure, azure.AddCluster("tfe", "users: planted-9Xw2"), application: null);
        var exception = await Assert.ThrowsAsync<OperationException>(() => control.StopAsync(default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.DoesNotContain("9Xw2", exception.ToString(), StringComparison.Ordinal);
    }

    private AksControl InCluster(ResourceManagerServer azure, string cluster, string? application)
    {
        var options = new ArmClientOptions { Environment = new ArmEnvironment(azure.Endpoint, "https://management.test/"), Transport = azure.CreateTransport() };
        options.Retry.MaxRetries = 1;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        var definition = Definition with { Kubeconfig = null, Cluster = cluster };
        return new AksControl(
            definition,
            new KubernetesAccess(
                definition,
                new OneSecret("none"),
                () => new ClusterCredential(_cluster.Token, application ?? "none"),
                new ClusterCredentials(() => azure.Credential, options)),
            TimeSpan.FromSeconds(30),
            TimeProvider.System);
    }

    private AksControl Control(AksDefinition? definition = null, string? kubeconfig = null) => new(
        definition ?? Definition,
        new KubernetesAccess(definition ?? Definition, new OneSecret(kubeconfig ?? _cluster.Kubeconfig()), () => Credential, new ClusterCredentials(() => Credential)),
        TimeSpan.FromSeconds(30),
        TimeProvider.System);

    private ClusterCredential Credential => new(_cluster.Token, ClusterCredentials.AksApplication);

    private sealed class ClusterCredential(string token, string application) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            requestContext.Scopes is [var scope] && scope == $"{application}/.default"
                ? new AccessToken(token, DateTimeOffset.UtcNow.AddHours(1))
                : throw new global::Azure.Identity.AuthenticationFailedException($"AADSTS500011: {string.Join(' ', requestContext.Scopes)}");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}

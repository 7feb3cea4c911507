using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Workflows.Installations.Http;

/// <summary>What all calls on the service beside an installation have in common: its address, its token, and what it means when nobody answers.</summary>
internal sealed class ServiceClient
{
    private readonly InstallationDefinition _definition;
    private readonly SecretReference _token;
    private readonly ISecretSource _secrets;

    /// <summary>Creates the client. Nothing is asked before a call.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>: the installation is configured without a service.</exception>
    public ServiceClient(InstallationDefinition definition, ISecretSource secrets)
    {
        ArgumentNullException.ThrowIfNull(definition);
        _definition = definition;
        Endpoint = definition.Endpoint ?? throw Missing(definition, "Endpoint");
        _token = definition.Token ?? throw Missing(definition, "TokenSecret");
        _secrets = secrets;
    }

    /// <summary>The address below which <c>/_backup/api/v1</c> answers.</summary>
    public Uri Endpoint { get; }

    /// <summary>A request of the API, with the token.</summary>
    /// <param name="method">The method.</param>
    /// <param name="call">What follows <c>/_backup/api/v1/</c>.</param>
    /// <param name="token">The token.</param>
    public HttpRequestMessage CreateRequest(HttpMethod method, string call, string token)
    {
        var request = new HttpRequestMessage(method, new Uri($"{Endpoint.AbsoluteUri.TrimEnd('/')}/_backup/api/v1/{call}"))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Accept.ParseAdd("application/problem+json");
        request.Headers.Accept.ParseAdd("*/*");
        request.Headers.UserAgent.ParseAdd("tfe-backup");
        return request;
    }

    /// <summary>The token, as it is now.</summary>
    public async Task<string> GetTokenAsync(CancellationToken cancellationToken)
    {
        var token = (await _secrets.GetAsync(_token, cancellationToken)).Reveal();

        // The header classes would quote it in their exception.
        return token.All(character => character is > ' ' and <= '~') ? token : throw new WorkflowException(
            WorkflowError.InvalidConfiguration,
            $"The secret {_token} of {_secrets.Description} is no token: it has spaces, line ends or characters outside ASCII.");
    }

    /// <summary>The exception for a service that could not be reached.</summary>
    public WorkflowException NotReached(string doing, Exception e)
    {
        if (e is HttpRequestException { InnerException: AuthenticationException })
        {
            return new WorkflowException(
                WorkflowError.InvalidConfiguration,
                $"{doing} failed: the certificate of {Endpoint} is not trusted or not for that name. "
                    + (_definition.CaFile is null ? "Give the file of its certificate authority as CaFile." : $"CaFile is {_definition.CaFile}: does it hold its certificate authority?"),
                e);
        }

        var reason = e is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }
            ? "its name cannot be resolved"
            : e.Message.TrimEnd('.');
        return new WorkflowException(WorkflowError.Unavailable, $"{doing} failed: {Endpoint} cannot be reached: {reason}.", e);
    }

    private static WorkflowException Missing(InstallationDefinition definition, string key) =>
        new(WorkflowError.InvalidConfiguration, $"Installations:{definition.Name}:{key} is missing; expected one, to reach the service beside the installation.");
}

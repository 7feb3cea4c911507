using System.Net;
using System.Net.Http.Headers;
using TfeBackup.Engine.Connections;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Installations.Http;

/// <summary>The part shared by all calls on an installation's service: its address, its token, and failures to reach it.</summary>
internal sealed class ServiceClient
{
    private readonly InstallationConnection _definition;
    private readonly SecretReference _token;
    private readonly ISecretSource _secrets;

    /// <summary>Creates the client. Nothing is asked before a call.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidConfiguration"/>: the installation is configured without a service.</exception>
    public ServiceClient(InstallationConnection definition, ISecretSource secrets)
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
    /// <param name="call">The path after <c>/_backup/api/v1/</c>.</param>
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

        // The header classes would quote the token in their exception.
        return token.All(character => character is > ' ' and <= '~') ? token : throw new OperationException(
            OperationError.InvalidConfiguration,
            $"The secret {_token} of {_secrets.Description} is not a token: it contains spaces, line breaks or non-ASCII characters.");
    }

    /// <summary>The exception for a service that could not be reached.</summary>
    public OperationException NotReached(string doing, Exception e)
    {
        if (TlsFailure.Describe(e, "Endpoint", _definition.CaFile is { } caFile ? $"CaFile ({caFile})" : "CaFile") is { } tls)
        {
            return new OperationException(OperationError.InvalidConfiguration, $"{doing} failed: {Endpoint} cannot be reached: {tls}.", e);
        }

        var reason = e is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }
            ? "its name cannot be resolved"
            : e.Message.TrimEnd('.');
        return new OperationException(OperationError.Unavailable, $"{doing} failed: {Endpoint} cannot be reached: {reason}.", e);
    }

    private static OperationException Missing(InstallationConnection definition, string key) =>
        new(OperationError.InvalidConfiguration, $"Installations:{definition.Name}:{key} is missing; it is required to reach the installation's service.");
}

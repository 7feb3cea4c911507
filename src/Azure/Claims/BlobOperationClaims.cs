using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using TfeBackup.Azure.Blobs;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Azure.Claims;

/// <summary>
/// Claims in a Blob container: one small blob a resource, named <c>&lt;resource&gt;.json</c>, that lists who has it. Everybody changes it under the
/// condition that nobody else did (<c>If-Match</c>, <c>If-None-Match</c>), so of those that claim at once one wins and the others see that.
/// </summary>
/// <remarks>
/// No lease and no clock: a claim lasts as long as its operation runs, which the host of the operations knows. One whose operation
/// has ended, however it ended, is in nobody's way and is dropped by the next who comes. The container is made when it is missing.
/// </remarks>
public sealed class BlobOperationClaims : IOperationClaims
{
    // Every failed attempt means that somebody else's succeeded, so this many are only seen when that many are at it at once.
    private const int Attempts = 100;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly BlobContainerClient _container;
    private readonly Func<string, CancellationToken, Task<bool>> _isRunning;
    private readonly TimeProvider _time;
    private readonly string _description;

    /// <summary>Creates the claims over a container of their own.</summary>
    /// <param name="container">The container; <see cref="BlobContainers"/> makes clients with fitting retries.</param>
    /// <param name="isRunning">True if the operation with an id exists and has not ended.</param>
    /// <param name="time">Measures the pauses between attempts; the system's where null.</param>
    public BlobOperationClaims(
        BlobContainerClient container, Func<string, CancellationToken, Task<bool>> isRunning, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(container);
        _container = container;
        _isRunning = isRunning;
        _time = time ?? TimeProvider.System;
        _description = container.Uri.GetLeftPart(UriPartial.Path);
    }

    /// <inheritdoc/>
    public async Task<string?> TryAcquireAsync(ClaimRequest claim, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        var own = new OperationClaim(claim.OperationId, claim.Exclusive);
        for (var attempt = 1; ; attempt++)
        {
            var (claims, version) = await ReadAsync(claim.Resource, cancellationToken);
            var others = await KeepRunningAsync(claims.Where(c => c.Operation != own.Operation), cancellationToken);
            if (others.Find(other => other.Exclusive || own.Exclusive) is { } inTheWay)
            {
                return inTheWay.Operation;
            }

            // An operation that has it exclusively keeps it so, although it asks again for less.
            var had = claims.FirstOrDefault(c => c.Operation == own.Operation);
            if (had is not null && (had.Exclusive || !own.Exclusive))
            {
                return null;
            }

            if (await TryWriteAsync(claim.Resource, [.. others, own], version, cancellationToken))
            {
                return null;
            }

            await PauseAsync(claim.Resource, attempt, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task ReleaseAsync(string resource, string operationId, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (claims, version) = await ReadAsync(resource, cancellationToken);
            var others = claims.Where(claim => claim.Operation != operationId).ToList();
            if (others.Count == claims.Count || await TryWriteAsync(resource, others, version, cancellationToken))
            {
                return;
            }

            await PauseAsync(resource, attempt, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<string?> FindHolderAsync(string resource, CancellationToken cancellationToken)
    {
        var (claims, _) = await ReadAsync(resource, cancellationToken);
        foreach (var claim in claims.OrderByDescending(claim => claim.Exclusive))
        {
            if (await _isRunning(claim.Operation, cancellationToken))
            {
                return claim.Operation;
            }
        }

        return null;
    }

    private async Task<List<OperationClaim>> KeepRunningAsync(IEnumerable<OperationClaim> claims, CancellationToken cancellationToken)
    {
        var running = new List<OperationClaim>();
        foreach (var claim in claims)
        {
            if (await _isRunning(claim.Operation, cancellationToken))
            {
                running.Add(claim);
            }
        }

        return running;
    }

    private async Task<(IReadOnlyList<OperationClaim> Claims, ETag? Version)> ReadAsync(string resource, CancellationToken cancellationToken)
    {
        try
        {
            var blob = (await Blob(resource).DownloadContentAsync(cancellationToken)).Value;
            var claims = JsonSerializer.Deserialize(blob.Content.ToMemory().Span, OperationClaimJson.Default.OperationClaimArray);
            return claims is null || claims.Contains(null) ? throw new JsonException("A claim is null.") : (claims, blob.Details.ETag);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return ([], null);
        }
        catch (JsonException e)
        {
            throw new OperationException(
                OperationError.Corrupt,
                $"{_description}/{Name(resource)} is not a list of claims: something else writes to this container. If no operation is running, delete the blob.",
                e);
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.Translate(e, $"read the claims of {resource} from {_description}");
        }
    }

    /// <summary>Writes the claims if nobody else has changed them; false where somebody has.</summary>
    private async Task<bool> TryWriteAsync(
        string resource, List<OperationClaim> claims, ETag? version, CancellationToken cancellationToken)
    {
        var conditions = version is { } seen ? new BlobRequestConditions { IfMatch = seen } : new BlobRequestConditions { IfNoneMatch = ETag.All };
        try
        {
            if (claims.Count == 0)
            {
                await Blob(resource).DeleteAsync(conditions: conditions, cancellationToken: cancellationToken);
            }
            else
            {
                var content = JsonSerializer.SerializeToUtf8Bytes([.. claims], OperationClaimJson.Default.OperationClaimArray);
                await UploadAsync(Blob(resource), content, conditions, cancellationToken);
            }

            return true;
        }
        catch (RequestFailedException e) when (BlobErrors.MeansExists(e) || BlobErrors.MeansMissing(e))
        {
            // Also when an answer got lost and the client asked again: what is there now tells.
            return false;
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.Translate(e, $"write the claims of {resource} to {_description}");
        }
    }

    private async Task UploadAsync(BlobClient blob, byte[] content, BlobRequestConditions conditions, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            Conditions = conditions,
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
        };
        try
        {
            await blob.UploadAsync(BinaryData.FromBytes(content), options, cancellationToken);
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await blob.UploadAsync(BinaryData.FromBytes(content), options, cancellationToken);
        }
    }

    private async Task PauseAsync(string resource, int attempt, CancellationToken cancellationToken)
    {
        if (attempt == Attempts)
        {
            throw new OperationException(
                OperationError.Unavailable, $"Too much contention for {resource} in {_description}: all {Attempts} attempts failed.");
        }

        // Not all at the same time again.
        var longest = Math.Min(LongestPause.TotalMilliseconds, 5 * Math.Pow(2, Math.Min(attempt, 10)));
        await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * longest), _time, cancellationToken);
    }

    private BlobClient Blob(string resource) => _container.GetBlobClient(Name(resource));

    private static string Name(string resource) => $"{resource}.json";
}

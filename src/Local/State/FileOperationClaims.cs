using System.Text.Json;
using System.Text.Json.Serialization;
using TfeBackup.Local.Files;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Local.State;

/// <summary>
/// Claims in a folder of this machine: one document, <c>claims.json</c>, that is read and replaced under the lock of a file beside it. The system lets
/// go of the lock when a process dies.
/// </summary>
/// <remarks>
/// No clock: a claim lasts as long as its operation runs, which the host of the operations knows. One whose operation has ended, however it
/// ended, is in nobody's way and is dropped by the next who comes.
/// </remarks>
public sealed class FileOperationClaims : IOperationClaims
{
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(20);

    private readonly string _folder;
    private readonly Func<string, CancellationToken, Task<bool>> _isRunning;
    private readonly TimeProvider _time;

    /// <summary>Creates the claims.</summary>
    /// <param name="folder">The folder's full path; created if missing, for this user alone.</param>
    /// <param name="isRunning">Gets whether the operation with an id exists and has not ended.</param>
    /// <param name="time">The clock for lock retries.</param>
    public FileOperationClaims(string folder, Func<string, CancellationToken, Task<bool>> isRunning, TimeProvider time)
    {
        _folder = folder;
        _isRunning = isRunning;
        _time = time;
    }

    private string Document => Path.Combine(_folder, "claims.json");

    /// <inheritdoc/>
    public async Task<string?> TryAcquireAsync(ClaimRequest claim, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        using var held = await LockAsync(cancellationToken);
        var claims = new List<FileClaim>();
        foreach (var other in Read())
        {
            if (other.Operation == claim.OperationId || await _isRunning(other.Operation, cancellationToken))
            {
                claims.Add(other);
            }
        }

        var inTheWay = claims.Find(other =>
            other.Resource == claim.Resource && other.Operation != claim.OperationId && (other.Exclusive || claim.Exclusive));
        if (inTheWay is not null)
        {
            return inTheWay.Operation;
        }

        // An exclusive claim is not downgraded by a later shared one.
        var had = claims.Find(other => other.Resource == claim.Resource && other.Operation == claim.OperationId);
        if (had is null || (claim.Exclusive && !had.Exclusive))
        {
            if (had is not null)
            {
                claims.Remove(had);
            }

            claims.Add(new FileClaim(claim.Resource, claim.OperationId, claim.Exclusive));
            Write(claims);
        }

        return null;
    }

    /// <inheritdoc/>
    public async Task ReleaseAsync(string resource, string operationId, CancellationToken cancellationToken)
    {
        using var held = await LockAsync(cancellationToken);
        var claims = Read();
        var others = claims.Where(claim => claim.Resource != resource || claim.Operation != operationId).ToList();
        if (others.Count != claims.Count)
        {
            Write(others);
        }
    }

    /// <inheritdoc/>
    public async Task<string?> FindHolderAsync(string resource, CancellationToken cancellationToken)
    {
        // No lock needed: the document is replaced atomically.
        foreach (var claim in Read().Where(claim => claim.Resource == resource).OrderByDescending(claim => claim.Exclusive))
        {
            if (await _isRunning(claim.Operation, cancellationToken))
            {
                return claim.Operation;
            }
        }

        return null;
    }

    private List<FileClaim> Read()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Document), FileClaimJson.Default.ListFileClaim) ?? throw new JsonException("It is null.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (JsonException e)
        {
            throw new OperationException(
                OperationError.Corrupt, $"{Document} is not a list of claims: {e.Message} If no operation is running, delete the file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable("read", e);
        }
    }

    private void Write(List<FileClaim> claims)
    {
        var next = Document + ".new";
        try
        {
            File.Delete(next);
            var options = DurableFile.CreateOptions();
            options.Options = FileOptions.None;
            using (var file = new FileStream(next, options))
            {
                JsonSerializer.Serialize(file, claims, FileClaimJson.Default.ListFileClaim);
                file.Flush(flushToDisk: true);
            }

            File.Move(next, Document, overwrite: true);
            DurableFile.SyncDirectory(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable("written", e);
        }
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                DurableFile.CreateDirectory(_folder);
                var options = DurableFile.CreateOptions();
                options.Mode = FileMode.OpenOrCreate;
                options.Share = FileShare.None;
                return new FileStream(Path.Combine(_folder, "claims.lock"), options);
            }
            catch (IOException) when (_time.GetElapsedTime(began) < LockTimeout)
            {
                // Held briefly by another process or thread.
                await Task.Delay(LongestPause * Random.Shared.NextDouble(), _time, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Unavailable("locked", e);
            }
        }
    }

    private OperationException Unavailable(string what, Exception e) =>
        new(OperationError.Unavailable, $"{Document} cannot be {what}: {e.Message}", e);
}

/// <summary>An operation's claim on a resource, exclusive or not.</summary>
internal sealed record FileClaim(string Resource, string Operation, bool Exclusive);

[JsonSerializable(typeof(List<FileClaim>))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class FileClaimJson : JsonSerializerContext;

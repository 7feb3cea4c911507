using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using TfeBackup.Archive.Buffers;
using TfeBackup.Engine;

namespace TfeBackup.Server.Api;

/// <summary>
/// A restore's <c>multipart/form-data</c> body (RFC 7578): the fields <c>config</c> and <c>snapshot</c>, each once, in either
/// order, of any size.
/// </summary>
/// <remarks>
/// With <c>config</c> first, the snapshot streams. With <c>config</c> last there is no password yet, so the snapshot, encrypted
/// as it is, waits in a file that only this service can read and that ends with this process, killed or not.
/// </remarks>
internal sealed class RestoreUpload : IAsyncDisposable
{
    private const string Purpose = "upload";

    private RestoreUpload(RequestDocument config, Stream snapshot)
    {
        Config = config;
        Snapshot = snapshot;
    }

    public RequestDocument Config { get; }

    /// <summary>The snapshot. It ends only once the rest of the body was read and found in order.</summary>
    public Stream Snapshot { get; }

    /// <summary>Reads an upload as far as is needed to begin.</summary>
    /// <param name="request">The request.</param>
    /// <param name="body">Its body.</param>
    /// <param name="spoolDirectory">Where a snapshot waits for its config.</param>
    /// <param name="arrived">Called when everything has arrived that the client had to send.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public static async Task<RestoreUpload> ReadAsync(
        HttpRequest request, Stream body, string spoolDirectory, Action arrived, CancellationToken cancellationToken)
    {
        var parts = new Parts(new MultipartReader(Boundary(request), body, 64 << 10));
        RequestDocument? config = null;
        Stream? spooled = null;
        try
        {
            while (await parts.NextAsync(cancellationToken) is var (name, content))
            {
                if (name == "config")
                {
                    config = await RequestDocument.ReadAsync(content, "the field 'config'", cancellationToken);
                    if (spooled is not null)
                    {
                        await parts.RequireEndAsync(cancellationToken);
                        arrived();
                        return new RestoreUpload(config, spooled);
                    }
                }
                else if (config is not null)
                {
                    return new RestoreUpload(config, new SnapshotStream(content, parts, arrived));
                }
                else
                {
                    spooled = await SpoolAsync(content, request.ContentLength, spoolDirectory, cancellationToken);
                }
            }

            throw new ApiException($"The field '{(config is null ? "config" : "snapshot")}' is missing. Expected the form fields 'config' (JSON with the password) and 'snapshot' (the backup).");
        }
        catch
        {
            if (spooled is not null)
            {
                await spooled.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Deletes the files of killed processes.</summary>
    public static void DeleteLeftovers(string directory, ILogger logger)
    {
        foreach (var (folder, purpose) in new[] { (directory, Purpose), (Path.GetTempPath(), "keys") })
        {
            if (SpoolFile.DeleteLeftovers(folder, purpose) is > 0 and var count)
            {
                ServerLog.Swept(logger, count, folder);
            }
        }
    }

    public ValueTask DisposeAsync() => Snapshot.DisposeAsync();

    private static string Boundary(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ||
            !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiException($"Expected a multipart/form-data body with the fields 'config' and 'snapshot'; its content type is {RequestText.Name(request.ContentType ?? "none")}.");
        }

        // RFC 2046 allows 1 to 70 characters.
        return HeaderUtilities.RemoveQuotes(type.Boundary).Value is { Length: > 0 and <= 70 } boundary
            ? boundary
            : throw new ApiException("The multipart/form-data content type has no usable boundary.");
    }

    private static async Task<Stream> SpoolAsync(Stream content, long? length, string directory, CancellationToken cancellationToken)
    {
        FileStream? file = null;
        try
        {
            // Hours of an upload are not to be spent on a disk that cannot hold it.
            file = length > SpoolFile.FindFreeBytes(directory) ? throw TooLittleRoom(length, directory, null) : SpoolFile.Create(directory, Purpose, length ?? 0);
            await content.CopyToAsync(file, 1 << 20, cancellationToken);
            file.Position = 0;
            return file;
        }
        catch (IOException e) when (SpoolFile.IsFull(e) || (file is null && e is not DirectoryNotFoundException && length > SpoolFile.FindFreeBytes(directory)))
        {
            await (file?.DisposeAsync() ?? default);
            throw TooLittleRoom(length, directory, e);
        }
        catch
        {
            await (file?.DisposeAsync() ?? default);
            throw;
        }
    }

    private static ApiException TooLittleRoom(long? length, string directory, Exception? cause) => new(
        $"An upload whose field 'config' comes last waits in Installation:SpoolDirectory ({directory}), which has too little room for it"
        + (length is not null && SpoolFile.FindFreeBytes(directory) is { } free ? string.Create(CultureInfo.InvariantCulture, $": {length:N0} bytes, {free:N0} free") : "")
        + ". Send 'config' before 'snapshot', which needs no room there, free some, or set Installation:SpoolDirectory to a larger disk.",
        cause)
    {
        Status = StatusCodes.Status507InsufficientStorage,
        Kind = nameof(EngineError.Unavailable),
    };

    /// <summary>The fields of the body in order; each at most once.</summary>
    private sealed class Parts(MultipartReader reader)
    {
        private readonly HashSet<string> _seen = [];

        public async Task<(string Name, Stream Content)?> NextAsync(CancellationToken cancellationToken)
        {
            while (await NextSectionAsync(cancellationToken) is { } section)
            {
                var name = section.GetContentDispositionHeader() is { } disposition ? HeaderUtilities.RemoveQuotes(disposition.Name).Value : null;
                if (name is not ("config" or "snapshot"))
                {
                    throw new ApiException($"The form field {RequestText.Name(name)} is unknown. Expected 'config' and 'snapshot'.");
                }

                return _seen.Add(name) ? (name, section.Body) : throw new ApiException($"The form field '{name}' was sent twice.");
            }

            return null;
        }

        public async Task RequireEndAsync(CancellationToken cancellationToken)
        {
            if (await NextAsync(cancellationToken) is not null)
            {
                throw new ApiException("The body continues after its last expected field.");
            }
        }

        private async Task<MultipartSection?> NextSectionAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await reader.ReadNextSectionAsync(cancellationToken);
            }
            catch (Exception e) when (e is InvalidDataException || (e is IOException && e is not BadHttpRequestException))
            {
                throw new ApiException($"The multipart body is malformed or ended early: {e.Message}", e);
            }
        }
    }

    /// <summary>The snapshot as it arrives.</summary>
    private sealed class SnapshotStream(Stream content, Parts parts, Action arrived) : ReadStream
    {
        private bool _ended;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_ended)
            {
                return 0;
            }

            int read;
            try
            {
                read = await content.ReadAsync(buffer, cancellationToken);
            }
            catch (IOException e) when (e is not BadHttpRequestException)
            {
                throw new ApiException($"The multipart body ended within the field 'snapshot': {e.Message}", e);
            }

            if (read == 0 && buffer.Length > 0)
            {
                // A body that was cut after the snapshot may have been cut before something that matters.
                await parts.RequireEndAsync(cancellationToken);
                _ended = true;
                arrived();
            }

            return read;
        }

        public override int Read(Span<byte> buffer) => throw new NotSupportedException("Requests are read asynchronously.");
    }
}

using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace TfeBackup.Cli.Tests;

/// <summary>
/// Something that speaks the documented API over real HTTP: it backs up as a real archive (or as whatever <see cref="Backup"/> says), takes restores all or
/// nothing, and is down while its state file says so.
/// </summary>
internal sealed class FakeInstallation : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly string _stateFile;
    private int _backups;
    private int _restores;

    private FakeInstallation(WebApplication application, string token, string stateFile)
    {
        _application = application;
        _stateFile = stateFile;
        Token = token;
        Backup = WriteArchiveAsync;
    }

    /// <summary>What the documented API expects as bearer token.</summary>
    public string Token { get; }

    /// <summary>The address.</summary>
    public string Endpoint => _application.Urls.First();

    /// <summary>How a backup is answered; the default is a real archive of <see cref="Size"/> bytes.</summary>
    public Func<HttpContext, string, Task> Backup { get; set; }

    /// <summary>Whether it is this project's service, which says what it holds, or the vendor's, which has no such address.</summary>
    public bool IsVendors { get; init; }

    /// <summary>How long after its first byte the next backup's connection is closed without a word, as the vendor's service does after 5,000 s; null if it is not.</summary>
    public TimeSpan? NextCallLimit { get; set; }

    /// <summary>How the next restore is ended within its upload, of which 1 MB has arrived; null if it takes in everything.</summary>
    public Func<HttpContext, Task>? WithinUpload { get; set; }

    /// <summary>What happens after a restore was applied and before it is answered.</summary>
    public Action<HttpContext>? BeforeAnswer { get; set; }

    /// <summary>Bytes of content of a backup.</summary>
    public int Size { get; set; }

    /// <summary>Whether its line is slow, both ways: some 16 MB/s, so that a transfer lasts longer than what is around it.</summary>
    public bool IsSlow { get; set; }

    /// <summary>Whether it holds data that a restore would replace.</summary>
    public bool HoldsData { get; set; } = true;

    /// <summary>What was restored into it, whole, with the password that came with it.</summary>
    public List<(byte[] Content, string Password)> Restored { get; } = [];

    /// <summary>The constraints that the last restore was asked to put back <c>NOT VALID</c>.</summary>
    public IReadOnlyList<string> NotValid { get; private set; } = [];

    /// <summary>How many backups were begun.</summary>
    public int Backups => Volatile.Read(ref _backups);

    /// <summary>How many restores were begun.</summary>
    public int Restores => Volatile.Read(ref _restores);

    /// <summary>Starts one.</summary>
    /// <param name="token">Its token.</param>
    /// <param name="stateFile">A file: the application is down while it exists.</param>
    /// <param name="isVendors">See <see cref="IsVendors"/>.</param>
    public static async Task<FakeInstallation> StartAsync(string token, string stateFile, bool isVendors = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Listen(IPAddress.Loopback, 0);
        });
        var application = builder.Build();
        var installation = new FakeInstallation(application, token, stateFile) { IsVendors = isVendors };
        application.MapGet("/api/v1/health/readiness", installation.Readiness);
        application.MapGet("/_backup/api/v1/health", installation.Health);
        application.MapGet("/_backup/api/v1/restores/{id}", installation.RestoreStatus);
        application.MapPost("/_backup/api/v1/backup", installation.BackupAsync);
        application.MapPost("/_backup/api/v1/restore", installation.RestoreAsync);
        await application.StartAsync();
        return installation;
    }

    /// <summary>Makes it new and empty again.</summary>
    public void Reset()
    {
        lock (Restored)
        {
            Restored.Clear();
            HoldsData = false;
        }

        Interlocked.Exchange(ref _restores, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }

    private bool IsAuthorized(HttpContext context) =>
        context.Request.Headers.Authorization == $"Bearer {Token}";

    private IResult Readiness() => File.Exists(_stateFile)
        ? Results.Json(new { status = "ERROR" }, statusCode: 503)
        : Results.Json(new { status = "OK" });

    // It remembers none.
    private IResult RestoreStatus(HttpContext context, string id) =>
        IsVendors ? Results.NotFound() : !IsAuthorized(context) ? Results.Unauthorized() : Results.Json(new { id, state = "unknown" });

    private IResult Health() => IsVendors
        ? Results.NotFound()
        : Results.Json(new { status = "OK", content = HoldsData ? "data" : "empty" });

    private async Task BackupAsync(HttpContext context)
    {
        if (!IsAuthorized(context))
        {
            context.Response.StatusCode = 401;
            return;
        }

        Interlocked.Increment(ref _backups);
        using var limit = new CancellationTokenSource();
        if (NextCallLimit is { } longest)
        {
            NextCallLimit = null;
            limit.Token.Register(context.Abort);
            context.Response.OnStarting(() =>
            {
                limit.CancelAfter(longest);
                return Task.CompletedTask;
            });
        }

        var request = await JsonNode.ParseAsync(context.Request.Body);
        await Backup(context, (string)request!["password"]!);
    }

    /// <summary>Answers with an archive.</summary>
    public async Task WriteArchiveAsync(HttpContext context, string password)
    {
        context.Response.ContentType = "application/octet-stream";
        await using var line = IsSlow ? new SlowStream(context.Response.Body) : context.Response.Body;
        await TestArchive.WriteAsync(line, password, Size, cancellationToken: context.RequestAborted);
    }

    private async Task RestoreAsync(HttpContext context)
    {
        if (!IsAuthorized(context))
        {
            context.Response.StatusCode = 401;
            return;
        }

        Interlocked.Increment(ref _restores);
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(context.Request.ContentType).Boundary).Value!;
        var reader = new MultipartReader(boundary, context.Request.Body);
        JsonNode? config = null;
        using var snapshot = new MemoryStream();
        while (await reader.ReadNextSectionAsync(context.RequestAborted) is { } section)
        {
            var name = ContentDispositionHeaderValue.Parse(section.ContentDisposition).Name.Value!.Trim('"');
            if (name == "config")
            {
                config = await JsonNode.ParseAsync(section.Body);
            }
            else if (WithinUpload is { } within)
            {
                WithinUpload = null;
                await section.Body.ReadExactlyAsync(new byte[1_000_000], context.RequestAborted);
                await within(context);
                return;
            }
            else
            {
                await (IsSlow ? new SlowStream(section.Body) : section.Body).CopyToAsync(snapshot, context.RequestAborted);
            }
        }

        NotValid = [.. config!["not_valid"]?.AsArray().Select(name => (string)name!) ?? []];

        // The vendor's knows no "overwrite", and asks nobody before it replaces what is there.
        if (!IsVendors && HoldsData && (bool?)config!["overwrite"] != true)
        {
            context.Response.StatusCode = 400;
            return;
        }

        lock (Restored)
        {
            Restored.Add((snapshot.ToArray(), (string)config!["password"]!));
            HoldsData = true;
        }

        BeforeAnswer?.Invoke(context);
        if (IsVendors)
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync("snapshot applied successfully", context.RequestAborted);
        }
    }
}

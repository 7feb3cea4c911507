using System.Diagnostics;
using System.Net;
using System.Text.Json;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests;

/// <summary>Uploads that wait for their <c>config</c> on a disk that is too small for them.</summary>
public sealed class SpoolTests
{
    [Fact]
    public async Task An_upload_that_the_spool_directory_cannot_hold_is_refused_with_the_way_out_and_leaves_nothing()
    {
        using var folder = new TempFolder();
        var small = Directory.CreateDirectory(folder.Combine("small")).FullName;
        if (!Environment.IsPrivilegedProcess || await RunAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small) != 0)
        {
            return;
        }

        try
        {
            await using var target = await TestInstallation.CreateAsync();
            await using var service = await BackupService.StartAsync(target, ("Installation:SpoolDirectory", small));
            var before = await target.StoredContentAsync();
            var upload = new byte[8 << 20];

            // Its length is known, and looked at.
            using var known = await service.RestoreAsync(upload, configLast: true);
            await BackupService.RequireAsync(known, HttpStatusCode.InsufficientStorage, "Send 'config' before 'snapshot'");
            Assert.Contains("free", await known.Content.ReadAsStringAsync(), StringComparison.Ordinal);

            // It shows only as the disk fills.
            using var unknown = await service.RestoreAsync(new Unannounced(BackupService.Form(BackupService.Document(BackupService.Password), upload, configLast: true)));
            await BackupService.RequireAsync(unknown, HttpStatusCode.InsufficientStorage, "Installation:SpoolDirectory");

            // What fits waits there, what comes the other way round does not, and nothing stays.
            using var fitting = await service.RestoreAsync(upload[..(1 << 20)], configLast: true);
            await BackupService.RequireAsync(fitting, HttpStatusCode.BadRequest);
            using var streamed = await service.RestoreAsync(upload);
            await BackupService.RequireAsync(streamed, HttpStatusCode.BadRequest);
            Assert.Empty(Directory.EnumerateFileSystemEntries(small));
            using var health = await service.HealthAsync();
            using var report = JsonDocument.Parse(await health.Content.ReadAsStringAsync());
            Assert.Equal(2 << 20, report.RootElement.GetProperty("spoolFreeBytes").GetInt64());
            Assert.Equal(before, await target.StoredContentAsync());
        }
        finally
        {
            Assert.Equal(0, await RunAsync("umount", small));
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>A body whose length the client does not tell.</summary>
    private sealed class Unannounced : HttpContent
    {
        private readonly HttpContent _inner;

        public Unannounced(HttpContent inner)
        {
            _inner = inner;
            Headers.ContentType = inner.Headers.ContentType;
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context) => await _inner.CopyToAsync(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            _inner.Dispose();
            base.Dispose(disposing);
        }
    }
}

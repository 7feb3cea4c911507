using System.Net;
using System.Text.Json;

namespace TfeBackup.TestSupport.Installations;

/// <summary>A filled installation that the tests of a process share and leave as it is, and backups of it, for those that only need some backup.</summary>
public sealed class SharedSource
{
    // Its server, its folder and its Vault end with the process.
    private static readonly Lazy<Task<SharedSource>> Shared = new(CreateAsync);

    private SharedSource(byte[] backup, byte[] rows, SortedDictionary<string, string> content)
    {
        Backup = backup;
        Rows = rows;
        Content = content;
    }

    /// <summary>A backup of it.</summary>
    public byte[] Backup { get; }

    /// <summary>A backup of it without objects.</summary>
    public byte[] Rows { get; }

    /// <summary>Every row and object as the application sees them, as <see cref="TestInstallation.PlainContentAsync"/> has them.</summary>
    public SortedDictionary<string, string> Content { get; }

    /// <summary>The one of this process.</summary>
    public static Task<SharedSource> GetAsync() => Shared.Value;

    private static async Task<SharedSource> CreateAsync()
    {
        var installation = await TestInstallation.CreateFilledAsync();
        await using var service = await BackupService.StartAsync(installation);
        using var rows = await service.BackupAsync(JsonSerializer.Serialize(new { password = BackupService.Password, skip_object_storage = true }));
        await BackupService.RequireAsync(rows, HttpStatusCode.OK);
        return new SharedSource(await service.BackupAsync(), await rows.Content.ReadAsByteArrayAsync(), await installation.PlainContentAsync());
    }
}

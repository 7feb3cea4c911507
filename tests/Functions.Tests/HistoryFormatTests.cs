using System.Text;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TfeBackup.Functions.Composition;
using TfeBackup.Operations;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Tests;

/// <summary>What the app's worker writes and reads for Durable Task, composed as it ships.</summary>
public sealed class HistoryFormatTests
{
    private static readonly BackupInput Input = new("old", BackupPurpose.Scheduled, new DateTimeOffset(2026, 11, 22, 3, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task The_worker_writes_and_reads_histories_in_one_format()
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.ConfigureFunctionsWebApplication();
        builder.ConfigureDurableExtension();
        builder.Services.AddBackupApp();
        using var host = builder.Build();
        var written = JsonSerializer.Serialize(Input, HistoryJson.Options);
        var converter = host.Services.GetRequiredService<IOptions<DurableTaskWorkerOptions>>().Value.DataConverter;
        var serializer = host.Services.GetRequiredService<IOptions<WorkerOptions>>().Value.Serializer!;
        using var stream = new MemoryStream();
        await serializer.SerializeAsync(stream, Input, typeof(BackupInput), default);

        Assert.Equal(written, converter.Serialize(Input));
        Assert.Equal(written, host.Services.GetRequiredService<IOptions<DurableTaskClientOptions>>().Value.DataConverter.Serialize(Input));
        Assert.Equal(written, Encoding.UTF8.GetString(stream.ToArray()));
        Assert.Equal(Input, converter.Deserialize<BackupInput>(written));

        // As TaskOrchestrationContext.GetInput does in a function.
        Assert.Equal(
            Input, JsonElement.Parse(written).Deserialize<BackupInput>(host.Services.GetRequiredService<IOptions<JsonSerializerOptions>>().Value));
    }
}

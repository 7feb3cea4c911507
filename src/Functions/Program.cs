using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TfeBackup.Functions.Composition;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.Services.AddMonitoring(builder.Configuration);
builder.Services.AddBackupApp();

var host = builder.Build();

// Read at once, so that wrong settings are in the log of the start and not of the first call.
_ = host.Services.GetRequiredService<BackupApp>();
await host.RunAsync();

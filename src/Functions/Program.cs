using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TfeBackup.Functions.Composition;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.UseMiddleware<InvocationScope>();
builder.Services.AddMonitoring(builder.Configuration);
builder.Services.AddBackupApp();

// Disposed at the end, as RunAsync does, to flush telemetry.
using var host = builder.Build();
await host.StartAsync();

// Read now, so that wrong settings are logged at the start and not at the first call; not sooner, since logs before the start are not exported.
_ = host.Services.GetRequiredService<AppFaults>();
await host.WaitForShutdownAsync();

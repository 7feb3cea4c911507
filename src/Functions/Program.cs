using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TfeBackup.Functions.Composition;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.UseMiddleware<InvocationScope>();
builder.Services.AddMonitoring(builder.Configuration);
builder.Services.AddBackupApp();

// Disposed at the end, as RunAsync does: that sends what telemetry still holds.
using var host = builder.Build();
await host.StartAsync();

// Read at once, so that wrong settings are in the log of the start and not of the first call; not sooner, since what is logged before the start is
// not exported.
_ = host.Services.GetRequiredService<AppFaults>();
await host.WaitForShutdownAsync();

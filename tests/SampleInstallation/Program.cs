using Azure.Storage.Blobs;
using Npgsql;
using TfeBackup.SampleInstallation;
using TfeBackup.SampleInstallation.Data;
using TfeBackup.SampleInstallation.Endpoints;
using TfeBackup.SampleInstallation.Objects;
using TfeBackup.SampleInstallation.Security;
using TfeBackup.SampleInstallation.Vault;

const long largestBody = 256 * 1024 * 1024;

var builder = WebApplication.CreateSlimBuilder(args);
SampleOptions options;
try
{
    options = SampleOptions.Read(builder.Configuration);
}
catch (SettingException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = largestBody);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
builder.Services.AddSingleton(options);
builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(options.Postgres));
builder.Services.AddSingleton<IObjects>(_ => options.ObjectPath is { } path
    ? new DirectoryObjects(path)
    : new BlobObjects(new BlobContainerClient(options.ObjectConnectionString, options.ObjectContainer)));
builder.Services.AddSingleton(_ => new HttpClient());
builder.Services.AddSingleton<VaultTransit>();
builder.Services.AddSingleton<EncryptedObjects>();
builder.Services.AddSingleton<InstallationCache>();
builder.Services.AddSingleton<StateWriter>();

var app = builder.Build();
var database = app.Services.GetRequiredService<NpgsqlDataSource>();
await Migrator.RunAsync(database, app.Lifetime.ApplicationStopping);
await app.Services.GetRequiredService<InstallationCache>().FillAsync(database, app.Lifetime.ApplicationStopping);

app.MapHealth();
app.MapPost("/api/v1/users/first", AdministrationEndpoints.CreateFirstUserAsync);
var protectedRoutes = app.MapGroup("").AddEndpointFilter(new BasicAuthentication(app.Services.GetRequiredService<InstallationCache>()));
protectedRoutes.MapState();
protectedRoutes.MapGroup("/api/v1").MapAdministration();
await app.RunAsync();
return 0;

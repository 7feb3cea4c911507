using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DurableTask.Sqlite;

/// <summary>Registrations that workers and clients share.</summary>
internal static class SqliteServiceCollection
{
    public static void AddSqlite(this IServiceCollection services, string name, Action<SqliteOrchestrationOptions> configure)
    {
        services.AddOptions<SqliteOrchestrationOptions>(name).Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqliteOrchestrationOptions>, SqliteOrchestrationOptionsValidator>());
        services.TryAddSingleton<SharedServices>();
    }
}

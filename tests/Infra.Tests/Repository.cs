using System.Reflection;

namespace TfeBackup.Infra.Tests;

/// <summary>The files that are tested.</summary>
internal static class Repository
{
    public static string Combine(params string[] names) => Path.Combine([Metadata("Repository"), .. names]);

    public static string Read(params string[] names) => File.ReadAllText(Combine(names));

    public static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}

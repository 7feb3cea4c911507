using System.Reflection;

namespace TfeBackup.TestSupport;

/// <summary>The npm packages that the build installed (<c>NpmPackages.targets</c>).</summary>
public static class NpmPackages
{
    private static readonly string Modules = Path.Combine(
        typeof(NpmPackages).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "NpmPackages").Value!,
        "node_modules");

    /// <summary>The folder of an installed package.</summary>
    /// <exception cref="DirectoryNotFoundException">It is not installed.</exception>
    public static string Find(string name) =>
        TryFind(name) ?? throw new DirectoryNotFoundException($"The npm package {name} is not in {Modules}; build tests/TestSupport to install it.");

    /// <summary>The folder of an installed package; null where this platform has none.</summary>
    public static string? TryFind(string name)
    {
        var folder = Path.Combine(Modules, name);
        return Directory.Exists(folder) ? folder : null;
    }
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace TfeBackup.TestSupport.Postgres;

/// <summary>The PostgreSQL servers that the npm packages brought.</summary>
public static class PostgresBinaries
{
    /// <summary>The newest installed major version.</summary>
    public const int Newest = 18;

    private static readonly int[] Versions = [12, 15, 18];

    /// <summary>The major versions installed on this platform, oldest first.</summary>
    public static IReadOnlyList<int> Installed { get; } = [.. Versions.Where(v => NpmPackages.TryFind(PackageOf(v)) is not null)];

    /// <summary>The folder with <c>bin</c>, <c>lib</c> and <c>share</c>.</summary>
    /// <exception cref="PlatformNotSupportedException">There is no package of that version for this platform.</exception>
    public static string FolderOf(int majorVersion) =>
        NpmPackages.TryFind(PackageOf(majorVersion)) is { } package
            ? Path.Combine(package, "native")
            : throw new PlatformNotSupportedException(
                $"PostgreSQL {majorVersion} is not installed on {RuntimeInformation.RuntimeIdentifier}; installed: {string.Join(", ", Installed)}.");

    private static string PackageOf(int majorVersion)
    {
        var system = OperatingSystem.IsMacOS() ? "darwin" : OperatingSystem.IsLinux() ? "linux" : "other";
        var architecture = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
        return string.Create(CultureInfo.InvariantCulture, $"postgres-{majorVersion}-{system}-{architecture}");
    }
}

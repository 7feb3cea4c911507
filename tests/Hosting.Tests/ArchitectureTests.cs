using System.Reflection;
using NetArchTest.Rules;
using TfeBackup.Archive;
using TfeBackup.Engine;
using TfeBackup.Installations;
using TfeBackup.Local.Stores;
using TfeBackup.Operations;

namespace TfeBackup.Hosting.Tests;

/// <summary>Dependencies point one way, between projects and within the operations.</summary>
public sealed class ArchitectureTests
{
    /// <summary>The folders of the operations, each with those below it that it may use.</summary>
    private static readonly (string Folder, string[] May)[] Folders =
    [
        ("Model", []),
        ("Ports", ["Model"]),
        ("Telemetry", ["Model"]),
        ("Notifications", ["Model", "Ports"]),
        ("Steps", ["Model", "Ports", "Telemetry", "Notifications"]),
        ("Retention", ["Model", "Ports", "Telemetry", "Steps"]),
        ("Verify", ["Model", "Ports", "Telemetry", "Steps"]),
        ("Restart", ["Model", "Ports", "Telemetry", "Steps"]),
        ("Backup", ["Model", "Ports", "Telemetry", "Steps", "Retention", "Verify"]),
        ("Restore", ["Model", "Ports", "Telemetry", "Steps", "Verify", "Restart", "Backup"]),
        ("Drill", ["Model", "Ports", "Telemetry", "Steps", "Verify", "Restart", "Backup", "Restore"]),
    ];

    public static TheoryData<string> FolderNames => [.. Folders.Select(folder => folder.Folder)];

    [Theory]
    [MemberData(nameof(FolderNames))]
    public void A_folder_of_the_operations_uses_only_those_below_it(string folder)
    {
        var may = Folders.Single(known => known.Folder == folder).May;
        var others = Folders.Select(known => known.Folder).Where(other => other != folder && !may.Contains(other))
            .Select(other => $"TfeBackup.Operations.{other}")
            .Concat(RootTypes());

        var result = Types.InAssembly(typeof(OperationService).Assembly)
            .That().ResideInNamespaceMatching($@"^TfeBackup\.Operations\.{folder}$")
            .ShouldNot().HaveDependencyOnAny([.. others])
            .GetResult();

        Assert.True(result.IsSuccessful, string.Join(", ", result.FailingTypeNames ?? []));
    }

    [Fact]
    public void Every_folder_of_the_operations_has_its_place() =>
        Assert.Equal(
            Folders.Select(folder => folder.Folder).Order(StringComparer.Ordinal),
            typeof(OperationService).Assembly.GetTypes()
                .Select(type => type.Namespace ?? "")
                .Where(name => name.StartsWith("TfeBackup.Operations.", StringComparison.Ordinal))
                .Select(name => name.Split('.')[2])
                .Distinct()
                .Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(typeof(ArchiveReader), "")]
    [InlineData(typeof(EngineException), "Archive")]
    [InlineData(typeof(OperationService), "Archive")]
    [InlineData(typeof(ApiInstallation), "Archive Engine Operations")]
    [InlineData(typeof(DirectoryBackupStore), "Archive Operations")]
    [InlineData(typeof(Azure.BlobBackupStore), "Archive Engine Installations Operations")]
    [InlineData(typeof(Composition), "Archive Azure Engine Installations Local Operations")]
    public void A_project_uses_only_those_below_it(Type type, string may)
    {
        var used = Ours(type.Assembly).ToArray();

        Assert.Subset(may.Split(' ').ToHashSet(), used.ToHashSet());
    }

    [Fact]
    public void Operations_know_no_database_and_no_cloud() =>
        Assert.DoesNotContain(
            typeof(OperationService).Assembly.GetReferencedAssemblies(),
            reference => reference.Name!.StartsWith("Npgsql", StringComparison.Ordinal) || reference.Name.StartsWith("Azure.", StringComparison.Ordinal)
                || reference.Name.Contains("Sqlite", StringComparison.Ordinal) || reference.Name.Contains("Functions", StringComparison.Ordinal));

    [Fact]
    public void The_embedded_backend_knows_nothing_of_backups() =>
        Assert.Empty(Ours(typeof(DurableTask.Sqlite.SqliteOrchestrationService).Assembly));

    [Fact]
    public void No_host_but_the_command_line_has_SQLite() =>
        Assert.DoesNotContain(
            Closure(typeof(Composition).Assembly), assembly => assembly.GetName().Name!.Contains("Sqlite", StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> RootTypes() =>
        typeof(OperationService).Assembly.GetTypes().Where(type => type.Namespace == "TfeBackup.Operations" && !type.IsNested).Select(type => type.FullName!);

    private static IEnumerable<string> Ours(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(reference => reference.Name!)
            .Where(name => name.StartsWith("TfeBackup.", StringComparison.Ordinal))
            .Select(name => name["TfeBackup.".Length..]);

    private static HashSet<Assembly> Closure(Assembly assembly)
    {
        var all = new HashSet<Assembly>();
        var open = new Stack<Assembly>([assembly]);
        while (open.TryPop(out var next))
        {
            if (all.Add(next))
            {
                foreach (var name in next.GetReferencedAssemblies().Where(name => name.Name!.StartsWith("TfeBackup.", StringComparison.Ordinal) || name.Name.Contains("Sqlite", StringComparison.OrdinalIgnoreCase)))
                {
                    open.Push(Assembly.Load(name));
                }
            }
        }

        return all;
    }
}

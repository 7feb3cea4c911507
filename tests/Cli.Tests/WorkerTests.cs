using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace TfeBackup.Cli.Tests;

public sealed class WorkerTests
{
    /// <summary>As the app's functions have, each of which runs the class that the catalogue registers by its name.</summary>
    [Fact]
    public void The_worker_has_the_orchestrators_and_activities_of_the_catalogue_and_no_others()
    {
        using var program = new PEReader(File.OpenRead(CliProcess.ProgramPath));
        var metadata = program.GetMetadataReader();
        var used = metadata.MemberReferences.Select(metadata.GetMemberReference)
            .Where(member => member.Parent.Kind == HandleKind.TypeReference)
            .Select(member => $"{metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name)}.{metadata.GetString(member.Name)}")
            .ToList();

        Assert.Contains("OperationCatalog.AddOperations", used);
        Assert.DoesNotContain(used, member => member.StartsWith("DurableTaskRegistry.", StringComparison.Ordinal));
    }
}

using TfeBackup.Archive;
using TfeBackup.Engine;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations.Tests;

/// <summary>Every failure of archive and engine has a category, by its exception and by the name that the service's problem details give it.</summary>
public sealed class EngineFailuresTests
{
    public static TheoryData<EngineError> EngineErrors => [.. Enum.GetValues<EngineError>()];

    public static TheoryData<ArchiveError> ArchiveErrors => [.. Enum.GetValues<ArchiveError>()];

    [Theory]
    [MemberData(nameof(EngineErrors))]
    public void Every_failure_of_the_engine_has_a_category(EngineError error)
    {
        var category = EngineFailures.KindOf(new EngineException(error, "x"));

        Assert.NotNull(category);
        Assert.Equal(category, EngineFailures.KindOf(error.ToString()));
        Assert.Equal(category, EngineFailures.KindOf(error.ToString().ToLowerInvariant()));
    }

    [Theory]
    [MemberData(nameof(ArchiveErrors))]
    public void Every_failure_of_an_archive_has_a_category(ArchiveError error)
    {
        Assert.Equal(FailureTable.Of(error), EngineFailures.KindOf(error.ToString()));
        Assert.Equal(error.ToString(), FailureTable.Of(error).ToString());
    }

    [Fact]
    public void Every_category_has_one_row()
    {
        Assert.Equal(Enum.GetValues<OperationError>(), FailureTable.Rows.Select(row => row.Error));
        Assert.All(FailureTable.Rows, row => Assert.InRange(row.HttpStatus, 400, 599));
        Assert.All(FailureTable.Rows, row => Assert.InRange(row.ExitCode, 1, 63));

        // 3 and 4 say what became of a cancelled restore's target.
        Assert.DoesNotContain(FailureTable.Rows, row => row.ExitCode is 3 or 4);
    }
}

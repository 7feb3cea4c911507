using System.Text.RegularExpressions;

namespace TfeBackup.Hosting.Tests;

/// <summary>Nothing that the engine does is ended by time limits of a role, a database or a server: all of it runs in sessions that have none.</summary>
public sealed partial class SessionTests
{
    [Fact]
    public void The_engine_connects_to_PostgreSQL_in_one_place() =>
        Assert.Equal(
            ["Engine/Database/SessionSettings.cs"],
            SourceFiles.Read().Where(static file => file.Project is "Engine" or "Server" && Connects().IsMatch(file.Text)).Select(static file => file.File));

    [GeneratedRegex(@"\.OpenConnection(Async)?\(|[dD]ata[sS]ource\.Create(Command|Batch|Connection)\(|new NpgsqlConnection\(")]
    private static partial Regex Connects();
}

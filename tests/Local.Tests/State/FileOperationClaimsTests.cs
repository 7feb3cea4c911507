using TfeBackup.Local.State;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Claims;
using Xunit;

namespace TfeBackup.Local.Tests.State;

public sealed class FileOperationClaimsTests : OperationClaimsConformance, IDisposable
{
    private readonly TempFolder _folder = new();

    private string Document => _folder.Combine("state", "claims.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Claims_of_operations_that_have_ended_do_not_pile_up()
    {
        var running = new HashSet<string>();
        var claims = new FileOperationClaims(_folder.Combine("state"), (id, _) => Task.FromResult(running.Contains(id)), TimeProvider.System);
        for (var i = 0; i < 20; i++)
        {
            Assert.Null(await claims.TryAcquireAsync(new ClaimRequest($"installation/i{i}", $"operation-{i}", Exclusive: true), default));
        }

        Assert.DoesNotContain("operation-0", await File.ReadAllTextAsync(Document), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[{\"operation\":\"a\"}]")]
    public async Task A_document_that_holds_something_else_is_corrupt_and_named(string content)
    {
        Directory.CreateDirectory(_folder.Combine("state"));
        await File.WriteAllTextAsync(Document, content);

        var exception = await Assert.ThrowsAsync<OperationException>(() => Claims.TryAcquireAsync(Exclusive("a"), default));

        Assert.Equal(OperationError.Corrupt, exception.Error);
        Assert.Contains(Document, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_owner_may_read_them()
    {
        Assert.Null(await Claims.TryAcquireAsync(Exclusive("a"), default));

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Document));
        }
    }

    protected override IOperationClaims Connect() => new FileOperationClaims(_folder.Combine("state"), IsRunningAsync, TimeProvider.System);
}

using Azure.Core;
using Azure.Storage.Blobs;
using TfeBackup.Azure.Claims;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Claims;
using Xunit;

namespace TfeBackup.Azure.Tests.Claims;

public sealed class BlobOperationClaimsTests : OperationClaimsConformance, IAsyncLifetime
{
    private BlobContainerClient _container = null!;

    public async Task InitializeAsync()
    {
        _container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task What_is_given_up_leaves_nothing_behind()
    {
        await Claims.TryAcquireAsync(Exclusive("a"), default);
        await Claims.ReleaseAsync(Resource, "a", default);

        await foreach (var blob in _container.GetBlobsAsync())
        {
            Assert.Fail($"{blob.Name} is still there.");
        }
    }

    [Fact]
    public async Task An_answer_that_gets_lost_is_recognised_as_ones_own()
    {
        var transport = new FaultyTransport();
        var lost = 0;
        transport.LosesAnswer = message => message.Request.Method == RequestMethod.Put && Interlocked.Increment(ref lost) == 1;
        var claims = new BlobOperationClaims(transport.Connect(_container, (await AzuriteServer.SharedAsync()).ConnectionString), IsRunningAsync);

        Assert.Null(await claims.TryAcquireAsync(Exclusive("a"), default));

        Assert.True(lost > 1);
        Assert.Equal("a", await Claims.TryAcquireAsync(Exclusive("b"), default));
    }

    [Fact]
    public async Task The_container_is_made_when_it_is_missing()
    {
        var server = await AzuriteServer.SharedAsync();
        var container = new BlobContainerClient(server.ConnectionString, "claims-" + Guid.NewGuid().ToString("N")[..8]);
        var claims = new BlobOperationClaims(container, IsRunningAsync);

        Assert.Null(await claims.FindHolderAsync(Resource, default));
        await claims.ReleaseAsync(Resource, "a", default);
        Assert.Null(await claims.TryAcquireAsync(Exclusive("a"), default));

        Assert.Equal("a", await claims.FindHolderAsync(Resource, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[{\"operation\":\"a\"}]")]
    [InlineData("[null]")]
    public async Task A_blob_that_holds_something_else_is_corrupt_and_named(string content)
    {
        await _container.GetBlobClient(Resource + ".json").UploadAsync(BinaryData.FromString(content));

        var exception = await Assert.ThrowsAsync<OperationException>(() => Claims.TryAcquireAsync(Exclusive("a"), default));

        Assert.Equal(OperationError.Corrupt, exception.Error);
        Assert.Contains($"{_container.Name}/{Resource}.json", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_refuses_is_passed_on()
    {
        var transport = new FaultyTransport { OnRequest = _ => new FaultyTransport.Fault(403, "AuthorizationPermissionMismatch") };
        var claims = new BlobOperationClaims(transport.Connect(_container, (await AzuriteServer.SharedAsync()).ConnectionString), IsRunningAsync);

        var exception = await Assert.ThrowsAsync<OperationException>(() => claims.TryAcquireAsync(Exclusive("a"), default));

        Assert.Equal(OperationError.Refused, exception.Error);
    }

    protected override IOperationClaims Connect() => new BlobOperationClaims(_container, IsRunningAsync);
}

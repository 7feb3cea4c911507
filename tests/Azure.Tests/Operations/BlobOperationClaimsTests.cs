using System.Collections.Concurrent;
using Azure.Core;
using Azure.Storage.Blobs;
using TfeBackup.Azure.Operations;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Operations;
using Xunit;

namespace TfeBackup.Azure.Tests.Operations;

public sealed class BlobOperationClaimsTests : IAsyncLifetime
{
    private const string Resource = "installation/production";

    private readonly ConcurrentDictionary<string, bool> _ended = new();
    private BlobContainerClient _container = null!;
    private BlobOperationClaims _claims = null!;

    public async Task InitializeAsync()
    {
        _container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();
        _claims = Connect();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_exclusive_claim_keeps_others_out_and_names_its_holder()
    {
        Assert.Null(await _claims.TryAcquireAsync(Exclusive("a"), default));
        Assert.Null(await _claims.TryAcquireAsync(Exclusive("a"), default));

        Assert.Equal("a", await Connect().TryAcquireAsync(Exclusive("b"), default));
        Assert.Equal("a", await Connect().TryAcquireAsync(Shared("b"), default));
        Assert.Equal("a", await Connect().FindHolderAsync(Resource, default));
        Assert.Null(await Connect().FindHolderAsync("installation/other", default));
    }

    [Fact]
    public async Task Shared_claims_keep_only_exclusive_ones_out()
    {
        Assert.Null(await _claims.TryAcquireAsync(Shared("a"), default));
        Assert.Null(await _claims.TryAcquireAsync(Shared("b"), default));
        Assert.NotNull(await _claims.TryAcquireAsync(Exclusive("c"), default));

        await _claims.ReleaseAsync(Resource, "a", default);
        Assert.Equal("b", await _claims.TryAcquireAsync(Exclusive("c"), default));
        await _claims.ReleaseAsync(Resource, "b", default);
        await _claims.ReleaseAsync(Resource, "b", default);

        Assert.Null(await _claims.TryAcquireAsync(Exclusive("c"), default));
    }

    [Fact]
    public async Task Who_shares_may_claim_the_rest_once_alone_and_keeps_it_when_asking_for_less()
    {
        await _claims.TryAcquireAsync(Shared("a"), default);
        await _claims.TryAcquireAsync(Shared("b"), default);
        Assert.Equal("b", await _claims.TryAcquireAsync(Exclusive("a"), default));

        await _claims.ReleaseAsync(Resource, "b", default);
        Assert.Null(await _claims.TryAcquireAsync(Exclusive("a"), default));
        Assert.Null(await _claims.TryAcquireAsync(Shared("a"), default));

        Assert.Equal("a", await _claims.TryAcquireAsync(Shared("b"), default));
    }

    [Fact]
    public async Task An_operation_that_has_ended_is_in_nobodys_way()
    {
        await _claims.TryAcquireAsync(Exclusive("a"), default);
        Assert.Equal("a", await _claims.TryAcquireAsync(Exclusive("b"), default));
        _ended["a"] = true;

        Assert.Null(await _claims.FindHolderAsync(Resource, default));
        Assert.Null(await _claims.TryAcquireAsync(Exclusive("b"), default));
        Assert.Equal("b", await _claims.FindHolderAsync(Resource, default));

        // What the dead one still gives up is no longer its own.
        await _claims.ReleaseAsync(Resource, "a", default);
        Assert.Equal("b", await _claims.TryAcquireAsync(Exclusive("c"), default));
    }

    [Fact]
    public async Task Of_many_that_claim_at_once_one_wins_and_the_others_are_told_who()
    {
        var ids = Enumerable.Range(0, 16).Select(i => $"claimant-{i}").ToArray();

        var holders = await Task.WhenAll(ids.Select(id => Task.Run(() => Connect().TryAcquireAsync(Exclusive(id), default))));

        var winner = ids[Array.IndexOf(holders, null)];
        Assert.Equal(1, holders.Count(holder => holder is null));
        Assert.All(holders.Where(holder => holder is not null), holder => Assert.Equal(winner, holder));
    }

    [Fact]
    public async Task Of_many_that_take_over_from_the_dead_one_wins()
    {
        await _claims.TryAcquireAsync(Exclusive("dead"), default);
        _ended["dead"] = true;
        var ids = Enumerable.Range(0, 16).Select(i => $"claimant-{i}").ToArray();

        var holders = await Task.WhenAll(ids.Select(id => Task.Run(() => Connect().TryAcquireAsync(Exclusive(id), default))));

        Assert.Equal(1, holders.Count(holder => holder is null));
    }

    [Fact]
    public async Task No_claim_of_many_that_share_at_once_is_lost()
    {
        var ids = Enumerable.Range(0, 16).Select(i => $"claimant-{i}").ToArray();

        Assert.All(await Task.WhenAll(ids.Select(id => Task.Run(() => Connect().TryAcquireAsync(Shared(id), default)))), Assert.Null);

        // Each keeps an exclusive claim out until it is the last that has gone.
        await Task.WhenAll(ids.Skip(1).Select(id => Task.Run(() => Connect().ReleaseAsync(Resource, id, default))));
        Assert.Equal(ids[0], await _claims.TryAcquireAsync(Exclusive("x"), default));
        await _claims.ReleaseAsync(Resource, ids[0], default);
        Assert.Null(await _claims.TryAcquireAsync(Exclusive("x"), default));
    }

    [Fact]
    public async Task What_is_given_up_leaves_nothing_behind()
    {
        await _claims.TryAcquireAsync(Exclusive("a"), default);
        await _claims.ReleaseAsync(Resource, "a", default);

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
        Assert.Equal("a", await _claims.TryAcquireAsync(Exclusive("b"), default));
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

        var exception = await Assert.ThrowsAsync<WorkflowException>(() => _claims.TryAcquireAsync(Exclusive("a"), default));

        Assert.Equal(WorkflowError.Corrupt, exception.Error);
        Assert.Contains($"{_container.Name}/{Resource}.json", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_refuses_is_passed_on()
    {
        var transport = new FaultyTransport { OnRequest = _ => new FaultyTransport.Fault(403, "AuthorizationPermissionMismatch") };
        var claims = new BlobOperationClaims(transport.Connect(_container, (await AzuriteServer.SharedAsync()).ConnectionString), IsRunningAsync);

        var exception = await Assert.ThrowsAsync<WorkflowException>(() => claims.TryAcquireAsync(Exclusive("a"), default));

        Assert.Equal(WorkflowError.Refused, exception.Error);
    }

    private static ClaimRequest Exclusive(string operation) => new(Resource, operation, Exclusive: true);

    private static ClaimRequest Shared(string operation) => new(Resource, operation, Exclusive: false);

    private BlobOperationClaims Connect() => new(_container, IsRunningAsync);

    private Task<bool> IsRunningAsync(string operation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(!_ended.ContainsKey(operation));
    }
}

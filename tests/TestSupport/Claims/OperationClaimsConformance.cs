using System.Collections.Concurrent;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using Xunit;

namespace TfeBackup.TestSupport.Claims;

/// <summary>What every <see cref="IOperationClaims"/> has to do.</summary>
public abstract class OperationClaimsConformance
{
    protected const string Resource = "installation/production";

    private readonly ConcurrentDictionary<string, bool> _ended = new();
    private IOperationClaims? _claims;

    /// <summary>Opens the same claims once more, as another process would.</summary>
    protected abstract IOperationClaims Connect();

    protected IOperationClaims Claims => _claims ??= Connect();

    [Fact]
    public async Task An_exclusive_claim_keeps_others_out_and_names_its_holder()
    {
        Assert.Null(await Claims.TryAcquireAsync(Exclusive("a"), default));
        Assert.Null(await Claims.TryAcquireAsync(Exclusive("a"), default));

        Assert.Equal("a", await Connect().TryAcquireAsync(Exclusive("b"), default));
        Assert.Equal("a", await Connect().TryAcquireAsync(Shared("b"), default));
        Assert.Equal("a", await Connect().FindHolderAsync(Resource, default));
        Assert.Null(await Connect().FindHolderAsync("installation/other", default));
    }

    [Fact]
    public async Task Shared_claims_keep_only_exclusive_ones_out()
    {
        Assert.Null(await Claims.TryAcquireAsync(Shared("a"), default));
        Assert.Null(await Claims.TryAcquireAsync(Shared("b"), default));
        Assert.NotNull(await Claims.TryAcquireAsync(Exclusive("c"), default));

        await Claims.ReleaseAsync(Resource, "a", default);
        Assert.Equal("b", await Claims.TryAcquireAsync(Exclusive("c"), default));
        await Claims.ReleaseAsync(Resource, "b", default);
        await Claims.ReleaseAsync(Resource, "b", default);

        Assert.Null(await Claims.TryAcquireAsync(Exclusive("c"), default));
    }

    [Fact]
    public async Task Who_shares_may_claim_the_rest_once_alone_and_keeps_it_when_asking_for_less()
    {
        await Claims.TryAcquireAsync(Shared("a"), default);
        await Claims.TryAcquireAsync(Shared("b"), default);
        Assert.Equal("b", await Claims.TryAcquireAsync(Exclusive("a"), default));

        await Claims.ReleaseAsync(Resource, "b", default);
        Assert.Null(await Claims.TryAcquireAsync(Exclusive("a"), default));
        Assert.Null(await Claims.TryAcquireAsync(Shared("a"), default));

        Assert.Equal("a", await Claims.TryAcquireAsync(Shared("b"), default));
    }

    [Fact]
    public async Task An_operation_that_has_ended_is_in_nobodys_way()
    {
        await Claims.TryAcquireAsync(Exclusive("a"), default);
        Assert.Equal("a", await Claims.TryAcquireAsync(Exclusive("b"), default));
        _ended["a"] = true;

        Assert.Null(await Claims.FindHolderAsync(Resource, default));
        Assert.Null(await Claims.TryAcquireAsync(Exclusive("b"), default));
        Assert.Equal("b", await Claims.FindHolderAsync(Resource, default));

        // What the dead one still gives up is no longer its own.
        await Claims.ReleaseAsync(Resource, "a", default);
        Assert.Equal("b", await Claims.TryAcquireAsync(Exclusive("c"), default));
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
        await Claims.TryAcquireAsync(Exclusive("dead"), default);
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
        Assert.Equal(ids[0], await Claims.TryAcquireAsync(Exclusive("x"), default));
        await Claims.ReleaseAsync(Resource, ids[0], default);
        Assert.Null(await Claims.TryAcquireAsync(Exclusive("x"), default));
    }

    protected static ClaimRequest Exclusive(string operation) => new(Resource, operation, Exclusive: true);

    protected static ClaimRequest Shared(string operation) => new(Resource, operation, Exclusive: false);

    /// <summary>Gets whether an operation has not ended.</summary>
    protected Task<bool> IsRunningAsync(string operation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(!_ended.ContainsKey(operation));
    }
}

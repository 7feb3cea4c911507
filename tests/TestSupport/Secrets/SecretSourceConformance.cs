using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using Xunit;

namespace TfeBackup.TestSupport.Secrets;

/// <summary>What every source of secrets must do; each implementation's test class derives from it.</summary>
public abstract class SecretSourceConformance
{
    /// <summary>A value that would be noticed wherever it turned up.</summary>
    protected const string Planted = "planted-9Xw2\"\\ü€-value";

    /// <summary>Creates a source that has these secrets and no others. An empty value is a secret that is there and empty.</summary>
    protected abstract Task<ISecretSource> CreateAsync(IReadOnlyDictionary<string, string> secrets);

    /// <summary>Whether the source knows versions of secrets made by <see cref="CreateAsync"/>.</summary>
    protected abstract bool KnowsVersions { get; }

    [Fact]
    public async Task A_secret_is_found_by_its_name_and_comes_as_it_is()
    {
        var source = await CreateAsync(new Dictionary<string, string> { ["production-token"] = Planted, ["other"] = "x" });

        var secret = await source.GetAsync(new SecretReference("production-token"), default);

        Assert.Equal(Planted, secret.Reveal());
        Assert.Equal("production-token", secret.Reference.Name);
        Assert.Equal(KnowsVersions, secret.Reference.Version is not null);
    }

    [Fact]
    public async Task The_version_that_came_can_be_asked_for_again()
    {
        var source = await CreateAsync(new Dictionary<string, string> { ["production-token"] = Planted });
        var secret = await source.GetAsync(new SecretReference("production-token"), default);

        Assert.Equal(Planted, (await source.GetAsync(secret.Reference, default)).Reveal());
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("empty")]
    public async Task A_secret_that_is_absent_or_empty_is_not_found_by_name(string name)
    {
        var source = await CreateAsync(new Dictionary<string, string> { ["production-token"] = Planted, ["empty"] = "" });

        await AssertThrowsAsync(OperationError.NotFound, source, new SecretReference(name), name);
    }

    [Fact]
    public async Task A_version_that_is_not_there_is_not_found()
    {
        var source = await CreateAsync(new Dictionary<string, string> { ["production-token"] = Planted });

        await AssertThrowsAsync(OperationError.NotFound, source, new SecretReference("production-token", "no-such-version"), "no-such-version");
    }

    [Fact]
    public async Task Neither_the_source_nor_a_secret_prints_a_value()
    {
        var source = await CreateAsync(new Dictionary<string, string> { ["production-token"] = Planted });
        var secret = await source.GetAsync(new SecretReference("production-token"), default);

        Assert.DoesNotContain("9Xw2", $"{source.Description} {source} {secret} {secret.Reference}", StringComparison.Ordinal);
    }

    /// <summary>Asserts a category and a message that names the thing and holds no value.</summary>
    protected static async Task AssertThrowsAsync(OperationError error, ISecretSource source, SecretReference secret, string named)
    {
        var exception = await Assert.ThrowsAsync<OperationException>(() => source.GetAsync(secret, default));
        Assert.True(error == exception.Error, $"Expected {error}, got {exception.Error}: {exception.Message}");
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("9Xw2", exception.ToString(), StringComparison.Ordinal);
    }
}

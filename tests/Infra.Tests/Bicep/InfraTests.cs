namespace TfeBackup.Infra.Tests.Bicep;

/// <summary>Classes of this collection share one <see cref="InfraFixture"/>.</summary>
[CollectionDefinition(Name)]
public sealed class InfraTests : ICollectionFixture<InfraFixture>
{
    public const string Name = "infra";
}

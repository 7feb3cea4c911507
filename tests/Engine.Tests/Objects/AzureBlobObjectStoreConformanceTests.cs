using TfeBackup.TestSupport.ObjectStores;

namespace TfeBackup.Engine.Tests.Objects;

public sealed class AzureBlobObjectStoreConformanceTests : ObjectStoreConformance
{
    protected override async Task<ObjectStoreFixture> CreateAsync() => await AzureBlobFixture.CreateAsync();
}

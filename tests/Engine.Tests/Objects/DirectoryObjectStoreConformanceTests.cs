using TfeBackup.TestSupport.ObjectStores;

namespace TfeBackup.Engine.Tests.Objects;

public sealed class DirectoryObjectStoreConformanceTests : ObjectStoreConformance
{
    protected override Task<ObjectStoreFixture> CreateAsync() => Task.FromResult<ObjectStoreFixture>(new DirectoryFixture());
}

namespace TfeBackup.Demo;

/// <summary>An installation's objects as they stand in its store.</summary>
internal interface IInstallationObjects
{
    /// <summary>What and where the store is, for the reader.</summary>
    string Description { get; }

    /// <summary>The settings that name the store, the same for application and service.</summary>
    IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Every object's key.</summary>
    Task<IReadOnlySet<string>> ListAsync(CancellationToken cancellationToken);

    /// <summary>An object's bytes as they stand.</summary>
    Task<byte[]> ReadAsync(string key, CancellationToken cancellationToken);
}

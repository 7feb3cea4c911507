namespace TfeBackup.SampleInstallation.Objects;

/// <summary>Where objects stand, as bytes.</summary>
internal interface IObjects
{
    /// <summary>Checks that objects can be read.</summary>
    Task<bool> AnswersAsync(CancellationToken cancellationToken);

    /// <summary>Writes an object, whole or not at all.</summary>
    Task WriteAsync(string key, byte[] content, CancellationToken cancellationToken);

    /// <summary>Reads an object; null where there is none.</summary>
    Task<byte[]?> ReadAsync(string key, CancellationToken cancellationToken);
}

namespace TfeBackup.Engine.Objects;

/// <summary>One object in a listing.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Length">Its length in bytes as listed; it may have changed since.</param>
public readonly record struct ObjectInfo(string Key, long Length);

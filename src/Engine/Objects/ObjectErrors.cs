namespace TfeBackup.Engine.Objects;

/// <summary>Failures that both kinds of store share.</summary>
internal static class ObjectErrors
{
    public static EngineException Changed(string store, string key, string how) => new(
        EngineError.CorruptSource, $"The object {ObjectKey.Quote(key)} of {store} was changed while it was read: {how}. Run the backup again.");

    public static EngineException CannotHold(string store, string key, string why) => new(
        EngineError.Unsupported, $"{store} cannot hold the object {ObjectKey.Quote(key)}: {why}.")
    { IsOfBackup = true };

    public static EngineException Unreadable(string store, string key, string what) => new(
        EngineError.Unsupported, $"{ObjectKey.Quote(key)} in {store} {what}.");
}

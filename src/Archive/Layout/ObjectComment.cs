namespace TfeBackup.Archive.Layout;

/// <summary>The JSON in an object's pax comment; an object without any of it has no comment.</summary>
internal sealed record ObjectComment
{
    /// <summary>The object's key, where its path is not the key itself.</summary>
    public string? Key { get; init; }

    public string? ContentType { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public string? TransitKey { get; init; }

    public string? TransitForm { get; init; }

    /// <summary>Describes what is wrong with it; null if it is valid.</summary>
    public string? Fault => (TransitKey, TransitForm) switch
    {
        (null, null) => null,
        ({ Length: > 0 }, "value" or "age") => null,
        _ => "a Transit key and a form, 'value' or 'age', go together",
    };

    /// <summary>The comment an object needs; null where there is nothing to say.</summary>
    public static ObjectComment? For(ArchiveObject item)
    {
        var key = ObjectPath.IsEncoded(item.Key) ? item.Key : null;
        var isBare = key is null && item.ContentType is null && item.Metadata.Count == 0 && item.TransitKey is null && item.TransitForm is null;
        return isBare ? null : new ObjectComment
        {
            Key = key,
            ContentType = item.ContentType,

            // In a fixed order, so that the same object always gives the same bytes.
            Metadata = item.Metadata.Count == 0 ? null : new SortedDictionary<string, string>(item.Metadata.ToDictionary(), StringComparer.Ordinal),
            TransitKey = item.TransitKey,
            TransitForm = item.TransitForm,
        };
    }
}

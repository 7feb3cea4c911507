using System.Collections.Immutable;
using TfeBackup.Archive.Tar;

namespace TfeBackup.Archive.Layout;

/// <summary>Reads what an object's headers say.</summary>
internal static class ObjectDescription
{
    public static ArchiveObject Read(EntryName name, TarEntry header)
    {
        var comment = ReadComment(header, name.Path);
        if (comment?.Key is not null && (comment.Key != name.Key || !ObjectPath.IsEncoded(comment.Key)))
        {
            throw ArchiveException.Corrupt($"The pax comment of '{name.Path}' has a key although the path is the key.");
        }

        return Create(name.Key!, header.Size, comment);
    }

    /// <summary>The object that a comment, if there is one, describes.</summary>
    public static ArchiveObject Create(string key, long length, ObjectComment? comment) => new(key, length)
    {
        ContentType = comment?.ContentType,
        Metadata = comment?.Metadata ?? ImmutableDictionary<string, string>.Empty,
        TransitKey = comment?.TransitKey,
        TransitForm = comment?.TransitForm,
    };

    /// <summary>The comment in an entry's headers; null where there is none.</summary>
    public static ObjectComment? ReadComment(TarEntry header, string path)
    {
        if (header.Comment is null)
        {
            return null;
        }

        var where = $"The pax comment of '{path}'";
        if (header.Comment.Length > FormatLimits.ObjectCommentBytes)
        {
            throw ArchiveException.Corrupt($"{where} is longer than {FormatLimits.ObjectCommentBytes} bytes.");
        }

        var comment = ArchiveJson.Read(header.Comment, ArchiveJson.Default.ObjectComment, where);
        var hasNulls = comment.Metadata?.Values.Contains(null!) ?? false;
        if (hasNulls || comment.Fault is not null)
        {
            throw ArchiveException.Corrupt($"{where} is invalid: {comment.Fault ?? "a value is null"}.");
        }

        return comment;
    }
}

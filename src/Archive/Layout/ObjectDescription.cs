using System.Collections.Immutable;
using TfeBackup.Archive.Tar;

namespace TfeBackup.Archive.Layout;

/// <summary>Reads what an object's headers say.</summary>
internal static class ObjectDescription
{
    public static ArchiveObject Read(EntryName name, TarEntry header)
    {
        var item = new ArchiveObject(name.Key!, header.Size);
        if (header.Comment is null)
        {
            return item;
        }

        var where = $"The pax comment of '{name.Path}'";
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

        if (comment.Key is not null && (comment.Key != name.Key || !ObjectPath.IsEncoded(comment.Key)))
        {
            throw ArchiveException.Corrupt($"{where} has a key although the path is the key.");
        }

        return item with
        {
            ContentType = comment.ContentType,
            Metadata = comment.Metadata ?? ImmutableDictionary<string, string>.Empty,
            TransitKey = comment.TransitKey,
            TransitForm = comment.TransitForm,
        };
    }
}

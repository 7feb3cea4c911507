using Azure.Storage.Blobs.Models;

namespace TfeBackup.Engine.Objects.AzureBlob;

/// <summary>
/// A blob's properties as an object's header and back. The HTTP headers besides the content type travel as metadata under
/// their own names, which hold hyphens and so cannot be names of a blob's metadata.
/// </summary>
internal static class BlobHeaders
{
    /// <summary>The metadata that marks a directory in an account with a hierarchical namespace.</summary>
    public const string FolderMark = "hdi_isfolder";

    private const string Encoding = "Content-Encoding";
    private const string Language = "Content-Language";
    private const string Disposition = "Content-Disposition";
    private const string Cache = "Cache-Control";

    public static ObjectHeader Read(string key, BlobDownloadDetails details)
    {
        Dictionary<string, string> metadata = new(details.Metadata, StringComparer.Ordinal);
        Keep(Encoding, details.ContentEncoding);
        Keep(Language, details.ContentLanguage);
        Keep(Disposition, details.ContentDisposition);
        Keep(Cache, details.CacheControl);
        return new ObjectHeader(key, details.ContentLength)
        {
            ContentType = string.IsNullOrEmpty(details.ContentType) ? null : details.ContentType,
            Metadata = metadata,
        };

        void Keep(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                metadata[name] = value;
            }
        }
    }

    public static BlobUploadOptions Write(ObjectHeader header)
    {
        Dictionary<string, string> metadata = new(header.Metadata, StringComparer.OrdinalIgnoreCase);
        return new BlobUploadOptions
        {
            HttpHeaders = new BlobHttpHeaders
            {
                ContentType = header.ContentType,
                ContentEncoding = Take(Encoding),
                ContentLanguage = Take(Language),
                ContentDisposition = Take(Disposition),
                CacheControl = Take(Cache),
            },
            Metadata = metadata,
        };

        string? Take(string name) => metadata.Remove(name, out var value) ? value : null;
    }
}

using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace TfeBackup.Engine.Tests.Objects;

/// <summary>An account that keeps deleted blobs for a while, which Azurite does not: it lists them to whoever asks for them.</summary>
internal sealed class SoftDeletePolicy : HttpPipelinePolicy
{
    private readonly List<XElement> _deleted = [];

    /// <summary>The state of deleted blobs that the account does not know, as it stands in a request; null knows all.</summary>
    public string? Unknown { get; init; }

    /// <summary>A blob that was deleted just now.</summary>
    public void Add(string name, DateTimeOffset created) => _deleted.Add(new XElement(
        "Blob",
        new XElement("Name", name),
        new XElement("Deleted", "true"),
        new XElement(
            "Properties",
            new XElement("Creation-Time", Format(created)),
            new XElement("Last-Modified", Format(created)),
            new XElement("Content-Length", 1),
            new XElement("BlobType", "BlockBlob"),
            new XElement("DeletedTime", Format(DateTimeOffset.UtcNow)))));

    /// <summary>An earlier version of a blob that has none now.</summary>
    public void AddVersion(string name, DateTimeOffset created) => _deleted.Add(new XElement(
        "Blob",
        new XElement("Name", name),
        new XElement("VersionId", created.ToString("O", CultureInfo.InvariantCulture)),
        new XElement(
            "Properties",
            new XElement("Creation-Time", Format(created)),
            new XElement("Last-Modified", Format(created)),
            new XElement("Content-Length", 1),
            new XElement("BlobType", "BlockBlob"))));

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var asked = Uri.UnescapeDataString(message.Request.Uri.Query);
        var wantsDeleted = asked.Contains("comp=list", StringComparison.Ordinal) && asked.Contains("deleted", StringComparison.OrdinalIgnoreCase);
        if (wantsDeleted && Unknown is { } state && asked.Contains(state, StringComparison.OrdinalIgnoreCase))
        {
            throw new RequestFailedException(400, "As the test wishes.", "FeatureNotSupported", null);
        }

        await ProcessNextAsync(message, pipeline);
        if (wantsDeleted)
        {
            var document = await XDocument.LoadAsync(message.Response.ContentStream!, LoadOptions.PreserveWhitespace, message.CancellationToken);
            document.Descendants("Blobs").Single().Add(_deleted);
            message.Response.ContentStream = new MemoryStream(Encoding.UTF8.GetBytes(document.ToString(SaveOptions.DisableFormatting)));
        }
    }

    private static string Format(DateTimeOffset time) => time.ToString("R", CultureInfo.InvariantCulture);
}

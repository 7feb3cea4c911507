using System.Diagnostics.CodeAnalysis;
using System.Text;
using Azure;
using Azure.Core;

namespace TfeBackup.Azure.Tests;

/// <summary>An answer as the Blob service fails, or as it says more about a blob than the emulator can.</summary>
internal sealed class FaultResponse(int status, string code, string clientRequestId, IReadOnlyDictionary<string, string>? headers = null) : Response
{
    private readonly Dictionary<string, string> _headers = new(headers ?? new Dictionary<string, string> { ["x-ms-error-code"] = code }, StringComparer.OrdinalIgnoreCase)
    {
        ["x-ms-request-id"] = "00000000-0000-0000-0000-000000000000",
        ["Content-Type"] = "application/xml",
    };

    public override int Status => status;

    public override string ReasonPhrase => code;

    public override Stream? ContentStream { get; set; } =
        new MemoryStream(Encoding.UTF8.GetBytes($"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>As tested.</Message></Error>"));

    public override string ClientRequestId { get; set; } = clientRequestId;

    public override void Dispose()
    {
    }

    protected override bool ContainsHeader(string name) => _headers.ContainsKey(name);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers.Select(header => new HttpHeader(header.Key, header.Value));

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value) => _headers.TryGetValue(name, out value);

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = _headers.TryGetValue(name, out var value) ? [value] : null;
        return values is not null;
    }
}

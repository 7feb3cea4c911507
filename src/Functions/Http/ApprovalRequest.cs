using System.Text.Json.Serialization;

namespace TfeBackup.Functions.Http;

/// <summary>An operator's word to an operation that waits for one.</summary>
/// <param name="Approved">Whether it may go on; for a restart by hand: that it was done.</param>
/// <param name="By">Who says so; where the platform has signed the caller in, that name counts.</param>
/// <param name="Comment">Why.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal sealed record ApprovalRequest([property: JsonRequired] bool Approved, string? By = null, string? Comment = null);

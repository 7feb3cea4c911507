using System.Text.Json.Serialization;

namespace TfeBackup.Functions.Http;

/// <summary>An operator's answer to an operation that waits for one.</summary>
/// <param name="Approved">True if it may go on; for a restart by hand: that it was done.</param>
/// <param name="For">What is answered: <c>approval</c>, or <c>restarted</c> for a restart by hand. An answer to anything else is refused.</param>
/// <param name="By">Who says so; where the platform has signed the caller in, that name counts.</param>
/// <param name="Comment">Why.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal sealed record ApprovalRequest([property: JsonRequired] bool Approved, ApprovalSubject For = ApprovalSubject.Approval, string? By = null, string? Comment = null);

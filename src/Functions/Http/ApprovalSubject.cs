using System.Text.Json.Serialization;

namespace TfeBackup.Functions.Http;

/// <summary>The subject of an operator's answer.</summary>
[JsonConverter(typeof(AnyCaseConverter<ApprovalSubject>))]
internal enum ApprovalSubject
{
    /// <summary>True if a restore may go on.</summary>
    [JsonStringEnumMemberName("approval")]
    Approval,

    /// <summary>That the application was restarted by hand.</summary>
    [JsonStringEnumMemberName("restarted")]
    Restarted,
}

using System.Text.Json.Serialization;

namespace TfeBackup.Functions.Http;

/// <summary>True if an operator must approve first.</summary>
[JsonConverter(typeof(AnyCaseConverter<ApprovalRequirement>))]
internal enum ApprovalRequirement
{
    /// <summary>No.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>Yes.</summary>
    [JsonStringEnumMemberName("required")]
    Required,
}

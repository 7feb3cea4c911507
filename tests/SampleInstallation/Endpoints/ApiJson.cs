using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfeBackup.SampleInstallation.Endpoints;

/// <summary>What creates a user.</summary>
internal sealed record NewUser(string? Name, string? Password, string? Role, string? OtpSecret);

/// <summary>What creates a workspace.</summary>
internal sealed record NewWorkspace(string? Name, string? Description, IReadOnlyList<string>? Tags, JsonElement? Settings);

/// <summary>What sets a variable, and how one is read: a sensitive value in plain.</summary>
internal sealed record VariableBody(string? Key, string? Value, string? Category, bool Sensitive, string? Description);

/// <summary>A workspace as it is read.</summary>
internal sealed record WorkspaceBody(string Id, string Name, string Description, IReadOnlyList<string> Tags, JsonElement Settings, StateVersionBody? CurrentState);

/// <summary>A state version as it is read.</summary>
internal sealed record StateVersionBody(int Number, long Serial, Guid? Lineage, string Md5, long Size, DateTimeOffset CreatedAt);

/// <summary>What the process holds in memory.</summary>
internal sealed record InstallationBody(int Users, int Workspaces, int WorkspacesWithState);

/// <summary>The answer of the readiness endpoint.</summary>
internal sealed record ReadinessBody(string Status, IReadOnlyList<ReadinessCheck> Checks);

/// <summary>One thing that the application needs.</summary>
internal sealed record ReadinessCheck(string Name, string Status);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(NewUser))]
[JsonSerializable(typeof(NewWorkspace))]
[JsonSerializable(typeof(VariableBody))]
[JsonSerializable(typeof(IEnumerable<VariableBody>))]
[JsonSerializable(typeof(IEnumerable<WorkspaceBody>))]
[JsonSerializable(typeof(IEnumerable<StateVersionBody>))]
[JsonSerializable(typeof(InstallationBody))]
[JsonSerializable(typeof(ReadinessBody))]
[JsonSerializable(typeof(string))]
internal sealed partial class ApiJson : JsonSerializerContext;

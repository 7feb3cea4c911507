using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TfeBackup.Functions.Http;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Drill;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restart;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Retention;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Functions.Tests.Api;

/// <summary><c>openapi.json</c> against the types that are written and read.</summary>
public sealed class ApiDescriptionTests
{
    private static readonly Dictionary<string, Type> Types = new(StringComparer.Ordinal)
    {
        ["ApprovalRequest"] = typeof(ApprovalRequest),
        ["BackupDocument"] = typeof(BackupDocument),
        ["BackupInput"] = typeof(BackupInput),
        ["BackupKey"] = typeof(BackupKey),
        ["BackupList"] = typeof(BackupList),
        ["BackupOutput"] = typeof(BackupOutput),
        ["BackupRecord"] = typeof(BackupRecord),
        ["BackupVerification"] = typeof(BackupVerification),
        ["CheckRecord"] = typeof(CheckRecord),
        ["DrillInput"] = typeof(DrillInput),
        ["DrillOutput"] = typeof(DrillOutput),
        ["DrillResult"] = typeof(DrillResult),
        ["Failure"] = typeof(OperationFailure),
        ["Health"] = typeof(HealthDocument),
        ["Operation"] = typeof(OperationInstance),
        ["LastCheck"] = typeof(LastCheck),
        ["ListedBackup"] = typeof(ListedBackup),
        ["OperationList"] = typeof(OperationList),
        ["OperationStatus"] = typeof(OperationStatus),
        ["OperationStep"] = typeof(OperationStep),
        ["OperationWait"] = typeof(OperationWait),
        ["Problem"] = typeof(ProblemDocument),
        ["RestartInput"] = typeof(RestartInput),
        ["RestartOutput"] = typeof(RestartOutput),
        ["ArchiveColumn"] = typeof(TfeBackup.Archive.ArchiveColumn),
        ["RestoreInput"] = typeof(RestoreInput),
        ["RestoreOutput"] = typeof(RestoreOutput),
        ["RestorePreview"] = typeof(RestorePreview),
        ["RestoreRequest"] = typeof(RestoreRequest),
        ["RetentionEntry"] = typeof(RetentionEntry),
        ["RetentionInput"] = typeof(RetentionInput),
        ["RetentionReport"] = typeof(RetentionReport),
        ["RetentionRequest"] = typeof(RetentionRequest),
        ["SecretReference"] = typeof(SecretReference),
        ["VerificationRequest"] = typeof(VerificationRequest),
        ["VerifyInput"] = typeof(VerifyInput),
    };

    private static JsonObject Schemas => ApiDescription.Shipped.Document["components"]!["schemas"]!.AsObject();

    [Fact]
    public void Every_property_is_described_and_those_that_are_always_there_are_required()
    {
        Assert.Equal(Types.Keys.Append("Error").Order(StringComparer.Ordinal), Schemas.Select(schema => schema.Key).Order(StringComparer.Ordinal));
        foreach (var (name, type) in Types)
        {
            var nullability = new NullabilityInfoContext();
            var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.GetMethod!.GetParameters().Length == 0
                    && property.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always })
                .ToArray();
            var described = Schemas[name]!;

            Assert.Equal(
                properties.Select(property => $"{name}.{JsonNamingPolicy.CamelCase.ConvertName(property.Name)}").Order(StringComparer.Ordinal),
                described["properties"]!.AsObject().Select(property => $"{name}.{property.Key}").Order(StringComparer.Ordinal));
            if (!name.EndsWith("Request", StringComparison.Ordinal))
            {
                Assert.Equal(
                    properties.Where(property => nullability.Create(property).ReadState == NullabilityState.NotNull && property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
                        .Select(property => $"{name}.{JsonNamingPolicy.CamelCase.ConvertName(property.Name)}").Order(StringComparer.Ordinal),
                    described["required"]!.AsArray().Select(required => $"{name}.{required}").Order(StringComparer.Ordinal));
            }

            foreach (var property in properties.Where(property => property.PropertyType.IsEnum && property.PropertyType != typeof(OperationError)))
            {
                Assert.Equal(
                    property.PropertyType.GetFields(BindingFlags.Public | BindingFlags.Static)
                        .Select(value => value.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? value.Name),
                    described["properties"]![JsonNamingPolicy.CamelCase.ConvertName(property.Name)]!["enum"]!.AsArray().Select(known => (string)known!));
            }
        }

        Assert.Equal(Enum.GetNames<OperationError>(), Schemas["Error"]!["enum"]!.AsArray().Select(known => (string)known!));
        Assert.Contains(
            string.Join(", ", FailureTable.Rows.Select(row => $"{row.Error} {row.HttpStatus}")), (string)Schemas["Error"]!["description"]!, StringComparison.Ordinal);
        Assert.Equal(Enum.GetNames<OperationKind>(), Schemas["Operation"]!["properties"]!["name"]!["enum"]!.AsArray().Select(known => (string)known!));
    }

    [Theory]
    [InlineData("BackupKey", """{"installation":"old","id":"20261122T031500Z-1f0c9a3e"}""", null)]
    [InlineData("BackupKey", """{"installation":"old"}""", "$ lacks id")]
    [InlineData("BackupKey", """{"installation":"old","id":"1"}""", "$.id is '1'")]
    [InlineData("BackupKey", """{"installation":1,"id":"20261122T031500Z-1f0c9a3e"}""", "$.installation is Number; expected string")]
    [InlineData("BackupKey", """{"installation":"old","id":"20261122T031500Z-1f0c9a3e","more":1}""", "$.more is not described")]
    [InlineData("OperationStep", """{"name":"a","state":"Resting","started":"2026-11-22T03:15:00Z","retries":0}""", "$.state is 'Resting'")]
    [InlineData("OperationStep", """{"name":"a","state":"Done","started":"today","retries":0}""", "$.started is 'today'; expected date-time")]
    [InlineData("BackupList", """{"backups":[{}]}""", "$.backups[0] lacks schema")]
    [InlineData("DrillOutput", """{"backup":{},"result":{},"restart":{}}""", "$.backup lacks installation")]
    public void What_is_not_as_described_is_found(string schema, string json, string? fault)
    {
        var faults = new List<string>();
        using var value = JsonDocument.Parse(json);

        ApiDescription.Shipped.Check(Schemas[schema]!.AsObject(), value.RootElement, "$", faults);

        if (fault is null)
        {
            Assert.Empty(faults);
        }
        else
        {
            Assert.Contains(faults, found => found.StartsWith(fault, StringComparison.Ordinal));
        }
    }
}

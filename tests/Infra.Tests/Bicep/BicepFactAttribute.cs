using System.Runtime.InteropServices;

namespace TfeBackup.Infra.Tests.Bicep;

/// <summary>A test that runs the Bicep compiler, which the packages here hold for Linux on x64.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BicepFactAttribute : FactAttribute
{
    public BicepFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
        {
            Skip = $"The Bicep compiler is here for linux-x64 only, and this is {RuntimeInformation.RuntimeIdentifier}.";
        }
    }
}

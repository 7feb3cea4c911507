using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport;

namespace TfeBackup.Installations.Tests;

public sealed class ApiInstallationCertificateTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_certificate_of_ones_own_authority_is_trusted_by_its_file()
    {
        using var authority = CreateAuthority();
        using var certificate = Issue(authority, IPAddress.Loopback);
        await using var server = await HttpServer.StartAsync(context => context.Request.Body.CopyToAsync(Stream.Null), certificate);
        var file = _folder.Combine("ca.pem");
        await File.WriteAllTextAsync(file, authority.ExportCertificatePem());

        await ApiInstallationFixture.Create(server.Address, caFile: file).RestoreAsync(new MemoryStream(new byte[10]), "password", new RestoreOptions("restore-1"), default);
    }

    [Fact]
    public async Task An_untrusted_certificate_is_refused_naming_the_setting_to_use()
    {
        using var authority = CreateAuthority();
        using var certificate = Issue(authority, IPAddress.Loopback);
        await using var server = await HttpServer.StartAsync(_ => Task.CompletedTask, certificate);

        var exception = await Assert.ThrowsAsync<OperationException>(
            () => ApiInstallationFixture.Create(server.Address).BackupAsync("password", false, default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.Contains("CaFile", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused_although_its_authority_is_trusted()
    {
        using var authority = CreateAuthority();
        using var certificate = Issue(authority, IPAddress.Parse("192.0.2.1"));
        await using var server = await HttpServer.StartAsync(_ => Task.CompletedTask, certificate);
        var file = _folder.Combine("ca.pem");
        await File.WriteAllTextAsync(file, authority.ExportCertificatePem());

        var exception = await Assert.ThrowsAsync<OperationException>(
            () => ApiInstallationFixture.Create(server.Address, caFile: file).BackupAsync("password", false, default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public async Task A_certificate_file_that_cannot_be_used_is_named(string? content)
    {
        var file = _folder.Combine("ca.pem");
        if (content is not null)
        {
            await File.WriteAllTextAsync(file, content);
        }

        var exception = await Assert.ThrowsAsync<OperationException>(
            () => ApiInstallationFixture.Create(new Uri("https://127.0.0.1:1"), caFile: file).GetStatusAsync(default));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.Contains(file, exception.Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 CreateAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, IPAddress address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test service", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}

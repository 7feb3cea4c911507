using System.Diagnostics;
using System.Net;
using System.Text.Json;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests.Support;

/// <summary>A service that controls an application of shell scripts: it runs while a file is there, and its commands wait at a gate if a test shuts it.</summary>
public sealed class ControlledApplication : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private TestInstallation _installation = null!;

    public BackupService Service { get; private set; } = null!;

    public TestInstallation Installation => _installation;

    public bool IsRunning => File.Exists(_folder.Combine("running"));

    /// <summary>The commands that were run, in order.</summary>
    public IReadOnlyList<string> Commands => File.Exists(_folder.Combine("commands")) ? File.ReadAllLines(_folder.Combine("commands")) : [];

    /// <summary>The environment of the last command.</summary>
    public string Environment => File.ReadAllText(_folder.Combine("environment"));

    /// <summary>What no command may see.</summary>
    public IReadOnlyList<string> Secrets => [Service.Token, _installation.Vault.Token, _installation.Database.ConnectionString];

    /// <summary>Settings of <c>Installation:Application</c>.</summary>
    public IReadOnlyList<(string Key, string Value)> Settings(string timeout = "0:01:00") =>
    [
        ("Installation:Application:Kind", "Command"),
        ("Installation:Application:Timeout", timeout),
        .. Command("Stop", "rm -f running"),
        .. Command("Start", "touch running"),
        .. Command("Drain", "true"),
        .. Command("Status", "test -e running || exit 3", isLogged: false),
    ];

    public async Task InitializeAsync()
    {
        _installation = await TestInstallation.CreateAsync();
        Service = await BackupService.StartAsync(_installation, [.. Settings()]);
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await _installation.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A service of the same application with other settings.</summary>
    public Task<BackupService> StartAnotherAsync(params (string Key, string Value)[] settings) => BackupService.StartAsync(_installation, settings);

    /// <summary>Makes the next commands fail.</summary>
    public void Break() => File.WriteAllText(_folder.Combine("broken"), "");

    /// <summary>Makes commands do what they do again, and forgets which were run.</summary>
    public void Repair()
    {
        File.Delete(_folder.Combine("broken"));
        File.Delete(_folder.Combine("commands"));
    }

    /// <summary>Makes commands wait, from now on, until somebody opens the gate.</summary>
    public async Task ShutGateAsync()
    {
        using var process = Process.Start("mkfifo", _folder.Combine("gate"));
        await process.WaitForExitAsync();
    }

    /// <summary>Lets one command go on that waits at the gate, and no other wait.</summary>
    public void OpenGate()
    {
        var gate = _folder.Combine("gate");
        var open = _folder.Combine("open");
        File.Move(gate, open);

        // For writing alone it would open only when somebody reads; a command that has not come to the gate yet passes without.
        File.OpenHandle(open, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        File.Delete(open);
    }

    /// <summary>Takes a gate away that nobody waits at.</summary>
    public void RemoveGate() => File.Delete(_folder.Combine("gate"));

    public Task WaitForCommandAsync(string command) =>
        WaitFor.ConditionAsync(() => Commands.Contains(command), $"the command {command}", TimeSpan.FromSeconds(30));

    /// <summary>The control of the other side.</summary>
    public IApplicationControl CreateControl(BackupService? service = null, string? token = null) => new ServiceControl(
        new InstallationConnection
        {
            Name = "production",
            Endpoint = (service ?? Service).Process.Address,
            Token = new SecretReference("token"),
            Restart = new RestartDefinition { Kind = RestartKind.Service, Timeout = TimeSpan.FromSeconds(60) },
        },
        new OneSecret(token ?? Service.Token),
        new ApiInstallationOptions { ControlInterval = TimeSpan.FromMilliseconds(20) });

    /// <summary>Asks for an action and returns its id.</summary>
    public async Task<string> RequestAsync(string action)
    {
        using var answer = await Service.ControlAsync(HttpMethod.Post, action);
        await BackupService.RequireAsync(answer, HttpStatusCode.Accepted);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return document.RootElement.GetProperty("id").GetString()!;
    }

    public async Task<JsonElement> LookAsync()
    {
        using var answer = await Service.ControlAsync(HttpMethod.Get, "");
        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }

    private IEnumerable<(string Key, string Value)> Command(string name, string script, bool isLogged = true)
    {
        var log = isLogged ? $"env > environment; echo {name} >> commands; [ ! -p gate ] || cat gate; " : "";
        var whole = $"cd {_folder.Root}; {log}[ ! -e broken ] || {{ echo fine; echo the disk is full >&2; exit 7; }}; {script}";
        return ((string[])["sh", "-c", whole]).Select((part, index) => ($"Installation:Application:{name}:{index}", part));
    }

    private sealed class OneSecret(string value) : ISecretSource
    {
        public string Description => "the test";

        public Task<SecretValue> GetAsync(SecretReference secret, CancellationToken cancellationToken) =>
            Task.FromResult(new SecretValue(secret, value));
    }
}

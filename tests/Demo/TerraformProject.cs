using System.Globalization;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.Demo;

/// <summary>A Terraform project that keeps its state in an installation through the <c>http</c> backend.</summary>
internal sealed class TerraformProject
{
    private const int NoChanges = 0;

    // Built into Terraform, so nothing has to be downloaded.
    private const string Configuration = """
        terraform {
          backend "http" {}
        }

        variable "release" {
          type    = string
          default = "1"
        }

        resource "terraform_data" "network" {
          input = { cidr = "10.0.0.0/16", zones = ["1", "2", "3"] }
        }

        resource "terraform_data" "server" {
          count = 25
          input = { name = "server-${count.index}", network = terraform_data.network.id, release = var.release }
        }

        output "servers" {
          value = terraform_data.server[*].id
        }
        """;

    private readonly Shell _shell;
    private readonly string _workspace;
    private readonly string _directory;

    private TerraformProject(Shell shell, string workspace, string directory)
    {
        _shell = shell;
        _workspace = workspace;
        _directory = directory;
    }

    /// <summary>Whether <c>terraform</c> is on the PATH.</summary>
    public static bool HasTerraform { get; } = ProgramPath.Exists("terraform");

    public static async Task<TerraformProject> CreateAsync(Shell shell, TempFolder folder, string workspace, CancellationToken cancellationToken)
    {
        var directory = folder.Combine(workspace);
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, "main.tf"), Configuration, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "cli.tfrc"), "", cancellationToken);
        return new TerraformProject(shell, workspace, directory);
    }

    /// <summary>Points the project at an installation.</summary>
    public Task InitialiseAsync(Installation installation, CancellationToken cancellationToken) =>
        RunAsync(installation, "terraform init -reconfigure -input=false -no-color", NoChanges, cancellationToken);

    /// <summary>Changes the world, and the state with it.</summary>
    public Task ApplyAsync(Installation installation, int release, CancellationToken cancellationToken) =>
        RunAsync(
            installation,
            string.Create(CultureInfo.InvariantCulture, $"terraform apply -auto-approve -input=false -no-color -var release={release}"),
            NoChanges,
            cancellationToken);

    /// <summary>Compares configuration and state.</summary>
    /// <returns>The line that says what would change.</returns>
    public Task<string> PlanAsync(Installation installation, int release, CancellationToken cancellationToken) =>
        RunAsync(
            installation,
            string.Create(CultureInfo.InvariantCulture, $"terraform plan -detailed-exitcode -input=false -no-color -var release={release}"),
            null,
            cancellationToken);

    private async Task<string> RunAsync(Installation installation, string command, int? expected, CancellationToken cancellationToken)
    {
        var address = new Uri(installation.Application.Address, $"/state/{_workspace}").ToString();
        var (code, output) = await _shell.RunAsync(
            command,
            _directory,
            new Dictionary<string, string?>
            {
                ["TF_HTTP_ADDRESS"] = address,
                ["TF_HTTP_LOCK_ADDRESS"] = address,
                ["TF_HTTP_UNLOCK_ADDRESS"] = address,
                ["TF_HTTP_USERNAME"] = Filling.User,
                ["TF_HTTP_PASSWORD"] = Filling.Password,
                ["TF_CLI_CONFIG_FILE"] = Path.Combine(_directory, "cli.tfrc"),
                ["CHECKPOINT_DISABLE"] = "1",
            },
            cancellationToken);
        if (expected is not null && code != expected)
        {
            throw new DemoException($"terraform ended with {code}:{Environment.NewLine}{output}");
        }

        var summary = output.Split('\n').LastOrDefault(line => line.StartsWith("No changes.", StringComparison.Ordinal) || line.StartsWith("Plan:", StringComparison.Ordinal));
        return code == NoChanges && summary is not null ? summary : $"terraform ended with {code}: {summary ?? output}";
    }
}

using System.Text.RegularExpressions;
using System.Xml.Linq;
using YamlDotNet.RepresentationModel;

namespace TfeBackup.Infra.Tests.Pipeline;

public sealed partial class PipelineTests
{
    private const string Stage = "${{ parameters.stage }}";

    private static readonly string[] StageNames = ["test", "production"];

    private static readonly string[] Files =
    [
        "azure.pipelines.yml", .. Directory.GetFiles(Repository.Combine("infra", "pipelines"), "*.yml").Select(path => "infra/pipelines/" + Path.GetFileName(path)),
    ];

    [Fact]
    public void Stages_follow_one_another_and_only_main_is_deployed()
    {
        var stages = Stages();

        Assert.Equal(["build", "preview", "test", "production"], stages.Select(stage => Text(stage["stage"])));
        Assert.Equal(["build", "preview", "test"], stages.Skip(1).Select(stage => Text(stage["dependsOn"])));
        Assert.All(stages.Skip(1), stage =>
            Assert.Equal("and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))", Text(stage["condition"])));
    }

    [Fact]
    public void Both_deployments_go_through_environments_where_approval_is_asked_for()
    {
        var deployments = Stages().Skip(2).Select(stage => ((YamlSequenceNode)stage["jobs"])[0]).ToArray();

        Assert.Equal(["tfe-backup-test", "tfe-backup-production"], deployments.Select(job => Text(job["environment"])));
        // Nothing but these two changes anything in Azure.
        Assert.Equal(2, Regex.Count(Repository.Read("azure.pipelines.yml"), @"template: infra/pipelines/deploy\.yml"));
    }

    [Fact]
    public void Who_approves_can_read_what_would_change()
    {
        var steps = (YamlSequenceNode)Load("infra/pipelines/preview.yml")["steps"];
        var script = Text(steps.Single(step => ((YamlMappingNode)step).Children.ContainsKey("task"))["inputs"]["inlineScript"]);
        var kept = steps.Single(step => ((YamlMappingNode)step).Children.ContainsKey("publish"));

        Assert.Contains($"| tee \"{Text(kept["publish"])}\"", script, StringComparison.Ordinal);
        Assert.StartsWith("what-if-" + Stage, Text(kept["artifact"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Deployments_wait_for_one_another_and_until_the_app_is_well()
    {
        var pipeline = Load("azure.pipelines.yml");
        var last = ((YamlSequenceNode)Load("infra/pipelines/deploy.yml")["steps"]).Last();

        Assert.Equal("sequential", Text(pipeline["lockBehavior"]));
        Assert.Equal("true", Text(pipeline["trigger"]["batch"]));
        Assert.Contains("/api/health", Text(last["inputs"]["inlineScript"]), StringComparison.Ordinal);
        Assert.Matches("^[0-9]+$", Text(last["timeoutInMinutes"]));
    }

    [Fact]
    public void A_package_gets_to_either_plan_as_the_runbook_says()
    {
        var steps = (YamlSequenceNode)Load("infra/pipelines/deploy.yml")["steps"];
        var script = Text(steps.Single(step => Title(step) == "Deploy the app")["inputs"]["inlineScript"]);
        var runbook = Repository.Read("infra", "README.md");

        Assert.All(
            ["az functionapp deployment source config-zip", "az storage blob upload --auth-mode login", "--container-name packages", "--name released-package.zip", "az functionapp restart"],
            command =>
            {
                Assert.Contains(command, script, StringComparison.Ordinal);
                Assert.Contains(command, runbook, StringComparison.Ordinal);
            });
        Assert.Contains("if [ \"$plan\" = Premium ]; then", script, StringComparison.Ordinal);
        Assert.Contains("/released-package.zip", Repository.Read("infra", "modules", "function-app.bicep"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_smoke_test_runs_between_the_deployment_to_test_and_production()
    {
        var jobs = (YamlSequenceNode)Stages()[2]["jobs"];

        Assert.Equal("smoke", Text(jobs[1]["job"]));
        Assert.Equal("deploy", Text(jobs[1]["dependsOn"]));
        Assert.Contains("tests/Functions.EndToEnd", Repository.Read("infra", "pipelines", "smoke.yml"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_tests_are_those_of_every_other_machine()
    {
        var steps = (YamlSequenceNode)((YamlSequenceNode)Stages()[0]["jobs"])[0]["steps"];

        Assert.Contains(steps, step => step is YamlMappingNode { Children: var keys } && keys.TryGetValue("script", out var script) && Text(script) == "bash .ci/run");
    }

    [Fact]
    public void Files_that_are_named_exist()
    {
        var named = Files.SelectMany(file => NamedFile().Matches(Repository.Read(file)).Select(match => match.Value)).Distinct()
            .SelectMany(path => path.Contains(Stage, StringComparison.Ordinal)
                ? StageNames.Select(stage => path.Replace(Stage, stage, StringComparison.Ordinal))
                : [path])
            .ToArray();

        Assert.Contains(".ci/run", named);
        Assert.Contains("src/Functions/TfeBackup.Functions.csproj", named);
        Assert.Contains("tests/Functions.EndToEnd", named);
        Assert.Contains("infra/environments/production.bicepparam", named);
        // The app and its end-to-end tests come and go together.
        var app = Directory.Exists(Repository.Combine("src", "Functions"));
        Assert.All(named.Where(path => app || !path.Contains("/Functions", StringComparison.Ordinal)), path => Assert.True(
            File.Exists(Repository.Combine(path)) || Directory.Exists(Repository.Combine(path)), $"{path} is named by the pipeline and does not exist."));
    }

    [Fact]
    public void Versions_are_pinned_and_the_compiler_is_the_tests_own()
    {
        var variables = (YamlMappingNode)Load("azure.pipelines.yml")["variables"];
        var compiler = XDocument.Load(Repository.Combine("Directory.Packages.props")).Descendants("PackageVersion")
            .Single(package => (string?)package.Attribute("Include") == "Azure.Bicep.CommandLine.linux-x64");

        Assert.Equal((string?)compiler.Attribute("Version"), Text(variables["bicepVersion"]));
        Assert.Matches(ExactVersion(), Text(variables["nodeVersion"]));
        Assert.DoesNotContain("latest", Text(Load("azure.pipelines.yml")["pool"]["vmImage"]), StringComparison.Ordinal);
        Assert.Contains("useGlobalJson: true", Repository.Read("infra", "pipelines", "tools.yml"), StringComparison.Ordinal);
        Assert.All(Tasks(), task => Assert.Matches(PinnedTask(), task));
    }

    [Fact]
    public void Caches_are_keyed_by_lock_files()
    {
        var keys = ((YamlSequenceNode)Load("infra/pipelines/tools.yml")["steps"])
            .Where(step => ((YamlMappingNode)step).Children.TryGetValue("task", out var task) && Text(task) == "Cache@2")
            .Select(step => Text(step["inputs"]["key"])).ToArray();

        Assert.Equal(2, keys.Length);
        // The app itself has no lock file: its packages are those of the central list.
        Assert.Contains(keys, key => key.Contains("packages.lock.json", StringComparison.Ordinal) && key.Contains("Directory.Packages.props", StringComparison.Ordinal));
        Assert.Contains(keys, key => key.Contains("package-lock.json", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_secret_is_written_down_or_passed_on()
    {
        Assert.All(Files, file =>
        {
            var text = Repository.Read(file);
            Assert.DoesNotMatch(SecretLike(), text);
            // Neither into a variable, where later steps and logs could see it.
            Assert.DoesNotContain("task.setvariable", text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Azure_is_reached_through_service_connections_alone()
    {
        var connections = Files.SelectMany(file => Connection().Matches(Repository.Read(file)).Select(match => match.Groups[1].Value)).Distinct();

        Assert.Equal(["${{ parameters.serviceConnection }}"], connections);
        Assert.DoesNotContain(Files, file => Repository.Read(file).Contains("az login", StringComparison.Ordinal));
    }

    private static YamlMappingNode Load(string file)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Repository.Read(file)));
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static YamlMappingNode[] Stages() => [.. ((YamlSequenceNode)Load("azure.pipelines.yml")["stages"]).Cast<YamlMappingNode>()];

    private static IEnumerable<string> Tasks() =>
        Files.SelectMany(file => Load(file).AllNodes.OfType<YamlMappingNode>())
            .Where(node => node.Children.ContainsKey("task")).Select(node => Text(node["task"]));

    private static string? Title(YamlNode step) => ((YamlMappingNode)step).Children.TryGetValue("displayName", out var title) ? Text(title) : null;

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    [GeneratedRegex(@"(?<![\w/$(.-])(?:\.ci|src|tests|infra)/(?:[\w./-]|\$\{\{ parameters\.stage \}\})*[\w]")]
    private static partial Regex NamedFile();

    [GeneratedRegex(@"^\d+\.\d+\.\d+$")]
    private static partial Regex ExactVersion();

    [GeneratedRegex(@"^\w+@\d+$")]
    private static partial Regex PinnedTask();

    [GeneratedRegex(@"azureSubscription: (.*)")]
    private static partial Regex Connection();

    [GeneratedRegex(@"(?i)(password|secret|token|AccountKey|connectionString|clientSecret)\s*[:=]\s*\S|[A-Za-z0-9+/]{40,}={0,2}|echo .*KEY")]
    private static partial Regex SecretLike();
}

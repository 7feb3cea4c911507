namespace TfeBackup.Infra.Tests.Runbook;

/// <summary>
/// The Azure CLI needs a subscription, and is not run here. <c>az-commands.txt</c> has what version 2.45 takes (of <c>bicep lint</c>, which is younger, what its
/// documentation says), for the commands that documentation and pipelines use: a line for each, with its options.
/// </summary>
public sealed class AzCommandTests
{
    private static readonly string[] Files =
    [
        "README.md", "infra/README.md",
        .. Directory.GetFiles(Repository.Combine("docs"), "*.md").Select(path => $"docs/{Path.GetFileName(path)}"),
        .. Directory.GetFiles(Repository.Combine("infra", "pipelines"), "*.yml").Select(path => $"infra/pipelines/{Path.GetFileName(path)}"),
    ];

    [Fact]
    public void Every_command_and_option_is_one_of_the_Azure_CLI()
    {
        var reference = File.ReadLines(Repository.Combine("tests", "Infra.Tests", "Runbook", "az-commands.txt")).Select(line => line.Split(": "))
            .ToDictionary(parts => parts[0], parts => parts[1].Split(' '));
        var used = Files.SelectMany(file => AzCommand.Find(Repository.Read(file)).Select(command => (File: file, Command: command))).ToList();

        Assert.Contains(used, use => use is { File: "infra/README.md", Command.Name: "keyvault secret show" });
        Assert.All(used, use =>
        {
            Assert.True(reference.TryGetValue(use.Command.Name, out var options), $"{use.File}: 'az {use.Command.Name}' is not in the reference.");
            Assert.All(use.Command.Options, option => Assert.True(options!.Contains(option), $"{use.File}: 'az {use.Command.Name}' takes no {option}."));
        });
        Assert.Empty(reference.Keys.Except(used.Select(use => use.Command.Name)));
    }

    [Fact]
    public void A_command_is_found_within_another_and_ends_where_the_shell_ends_it()
    {
        var found = AzCommand.Find("""X=$(az a b --name $(az c show --id "1 | 2" --q=3) --last) | sort --reverse; `az d list -n x` # az e""").ToList();

        Assert.Equal(["a b", "c show", "d list", "e"], found.Select(command => command.Name));
        Assert.Equal([["--name", "--last"], ["--id", "--q"], ["-n"], []], found.Select(command => command.Options));
    }
}

using System.CommandLine;

namespace TfeBackup.Cli.Commands;

/// <summary><c>completion SHELL</c>: a script for a shell, which asks this program what may come next.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            # Add to ~/.bashrc:  source <(tfe-backup completion bash)
            _tfe_backup() {
                local IFS=$'\n'
                COMPREPLY=($(compgen -W "$(tfe-backup "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _tfe_backup tfe-backup

            """,
        ["zsh"] = """
            #compdef tfe-backup
            # Add to ~/.zshrc, after compinit:  source <(tfe-backup completion zsh)
            _tfe_backup() {
                local -a names
                names=(${(f)"$(tfe-backup "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)"})
                if (( ${#names} )); then compadd -a names; else _files; fi
            }
            compdef _tfe_backup tfe-backup

            """,
        ["fish"] = """
            # Save as ~/.config/fish/completions/tfe-backup.fish
            complete -c tfe-backup -a '(tfe-backup "[suggest:"(string length -- (commandline -cp))"]" (commandline -cp) 2>/dev/null)'

            """,
        ["pwsh"] = """
            # Add to $PROFILE:  tfe-backup completion pwsh | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName tfe-backup -ScriptBlock {
                param($word, $line, $position)
                tfe-backup "[suggest:$position]" "$line" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }

            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "The shell." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        return new Command("completion", "Print a script that completes commands, options and installations in a shell.") { shell }.Does((context, _) =>
        {
            context.Terminal.Write(Scripts[context.Get(shell)]);
            return Task.FromResult(ExitCode.Done);
        });
    }
}

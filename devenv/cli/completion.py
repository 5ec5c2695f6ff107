"""``devenv completion SHELL``: the few lines by which a shell asks `devenv _complete`."""

from __future__ import annotations

from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session

_BASH = r"""
# devenv completion bash >> ~/.bashrc
_devenv() {
    local words=("${COMP_WORDS[@]:1:COMP_CWORD}") line
    local IFS=$'\n'
    COMPREPLY=()
    for line in $(devenv _complete -- "${words[@]}" 2>/dev/null); do
        COMPREPLY+=("${line%%$'\t'*}")
    done
}
complete -o default -F _devenv devenv
"""

_ZSH = r"""
#compdef devenv
# devenv completion zsh > a file named _devenv in a folder of $fpath
_devenv() {
    local -a found
    local line
    for line in ${(f)"$(devenv _complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
        found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( $#found )); then
        _describe devenv found
    else
        _files
    fi
}
if [[ $funcstack[1] == _devenv ]]; then
    _devenv "$@"
else
    compdef _devenv devenv
fi
"""

_FISH = r"""
# devenv completion fish > ~/.config/fish/completions/devenv.fish
function __devenv_complete
    set -l words (commandline -opc) (commandline -ct)
    devenv _complete -- $words[2..-1] 2>/dev/null
end
function __devenv_has_candidates
    test -n "$(__devenv_complete)"
end
complete -c devenv -n __devenv_has_candidates -f -a '(__devenv_complete)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def run(arguments: Arguments, session: Session) -> Result:
    script = SCRIPTS[arguments.shell].lstrip("\n").rstrip()
    return Result({"shell": arguments.shell, "script": script}, script)

/** The script that makes a shell ask `tslog __complete` for candidates. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish'): string {
  switch (shell) {
    case 'bash':
      return bash
    case 'zsh':
      return zsh
    case 'fish':
      return fish
  }
}

// Bash splits words at = and : too, so the line is split here again, and what stands before the last = or : of the word
// is taken off the candidates.
const bash = `# bash completion for tslog: tslog completion bash
_tslog() {
  local line="\${COMP_LINE:0:COMP_POINT}" words current prefix candidate
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current="\${words[\${#words[@]} - 1]}"
  prefix="\${current%"\${current##*[=:]}"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    case $candidate in
      :files) compopt -o default 2> /dev/null ;;
      :directories) compopt -o nospace 2> /dev/null; COMPREPLY+=($(compgen -d -S / -- "\${current#"$prefix"}")) ;;
      *)
        candidate="\${candidate%%$'\\t'*}"
        [[ $candidate == *= ]] && compopt -o nospace 2> /dev/null
        COMPREPLY+=("\${candidate#"$prefix"}")
        ;;
    esac
  done < <("\${words[0]}" __complete "\${words[@]:1}" 2> /dev/null)
}
complete -F _tslog tslog
`

const zsh = `#compdef tslog
# zsh completion for tslog: tslog completion zsh
_tslog() {
  local line word found=1
  local -a candidates unfinished
  for line in "\${(@f)$("$words[1]" __complete "\${(@)words[2,CURRENT]}" 2> /dev/null)}"; do
    case $line in
      '') ;;
      :files) _files && found=0 ;;
      :directories) _files -/ && found=0 ;;
      *)
        word="\${\${line%%$'\\t'*}//:/\\\\:}"
        [[ $line == *$'\\t'* ]] && word+=":\${line#*$'\\t'}"
        if [[ "\${line%%$'\\t'*}" == *= ]]; then unfinished+=("$word"); else candidates+=("$word"); fi
        ;;
    esac
  done
  (( $#candidates )) && _describe -t values tslog candidates && found=0
  (( $#unfinished )) && _describe -t values tslog unfinished -S '' && found=0
  return found
}
if [[ $funcstack[1] == _tslog ]]; then
  _tslog "$@"
else
  compdef _tslog tslog
fi
`

const fish = `# fish completion for tslog: tslog completion fish
function __tslog_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$current" 2> /dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$current"
            case ':directories'
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c tslog -f -a '(__tslog_complete)'
`

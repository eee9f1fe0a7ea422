/**
 * What a shell has to know: whom to ask for what could come next. Each script runs `reg completion words -- WORD...` with
 * the words up to the cursor, and takes one candidate a line, with what it is behind the first blank.
 */

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type Shell = (typeof SHELLS)[number];

/** For Bash 3.2 and later: macOS has no newer one. */
const BASH = String.raw`# bash completion for reg: eval "$(reg completion bash)"
_reg() {
  local line=${'$'}{COMP_LINE:0:COMP_POINT} current value text
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=${'$'}{words[${'$'}{#words[@]}-1]}
  COMPREPLY=()
  while read -r value text; do
    # Bash takes a colon for the end of a word.
    [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && value=${'$'}{value#"${'$'}{current%"${'$'}{current##*:}"}"}
    COMPREPLY+=("$value")
  done < <("${'$'}{words[0]}" completion words -- "${'$'}{words[@]:1}" 2>/dev/null)
}
complete -o default -F _reg reg
`;

const ZSH = String.raw`#compdef reg
# zsh completion for reg: source <(reg completion zsh), or this file as _reg in a directory of fpath
_reg() {
  local line
  local -a found
  while IFS= read -r line; do
    found+=("${'$'}{${'$'}{line%% *}//:/\\:}:${'$'}{line#* }")
  done < <("${'$'}{words[1]}" completion words -- "${'$'}{(@Q)words[2,CURRENT]}" 2>/dev/null)
  if (( ${'$'}{#found} )); then
    _describe reg found
  else
    _files
  fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _reg "$@"
else
  compdef _reg reg
fi
`;

const FISH = String.raw`# fish completion for reg: reg completion fish | source
function __reg_words
  set -l words (commandline -opc) (commandline -ct)
  $words[1] completion words -- $words[2..] 2>/dev/null | string replace ' ' \t
end
complete -c reg -n 'test (count (__reg_words)) -gt 0' -f -a '(__reg_words)'
`;

const POWERSHELL = String.raw`# PowerShell completion for reg: reg completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName reg -ScriptBlock {
  param($word, $line, $cursor)
  $words = @($line.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursor } | Select-Object -Skip 1 |
    ForEach-Object { "$_" })
  # An empty argument would be lost on the way.
  if ($word -eq '') { $words += '""' }
  reg completion words -- @words 2>$null | ForEach-Object {
    $value, $text = $_ -split ' ', 2
    if (-not $text) { $text = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $text)
  }
}
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};

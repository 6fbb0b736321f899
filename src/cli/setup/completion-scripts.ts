import type { Option } from '../terminal/arguments.ts'

/** A command as shells complete it. */
export interface CompletedCommand {
  readonly name: string
  readonly about: string
  readonly options: Readonly<Record<string, Option>>
  /** The words that the first operand may be; empty if it may be anything, such as an ID or a file. */
  readonly words: readonly string[]
}

/** The shells that have a script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof SHELLS)[number]

/** Both names under which the package installs the command. */
const BINARIES = ['imagegen', 'unplugin-imagegen']

/** The options of `imagegen` itself. */
const GLOBAL = { help: 'show what a command takes', version: 'print the version' }

/** A script that completes commands and options in a shell. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands)
    case 'zsh':
      return zsh(commands)
    case 'fish':
      return fish(commands)
    default:
      return shell satisfies never
  }
}

const HELP: Option = { about: GLOBAL.help }

function optionsOf({ options }: CompletedCommand): ReadonlyArray<readonly [string, Option]> {
  return [...Object.entries(options), ['help', HELP]]
}

/** What may follow an option that takes a value: folders, files, or a text that only the user knows. */
function valueKind({ value }: Option): 'none' | 'folder' | 'file' | 'text' {
  if (value === undefined) return 'none'
  if (value === 'DIR') return 'folder'
  return value === 'FILE' ? 'file' : 'text'
}

function bash(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name)
  const globals = Object.keys(GLOBAL).map((name) => `--${name}`)
  const cases = commands.map((command) => {
    const options = optionsOf(command)
    const values = (['folder', 'file', 'text'] as const).flatMap((kind) => {
      const taking = options.flatMap(([name, option]) =>
        valueKind(option) === kind ? [`--${name}`] : [],
      )
      return taking.length === 0 ? [] : [`        ${taking.join('|')}) kind=${kind} ;;`]
    })
    return [
      `    ${command.name})`,
      `      options='${options.map(([name]) => `--${name}`).join(' ')}'`,
      `      words='${command.words.join(' ')}'`,
      ...(values.length === 0 ? [] : ['      case $previous in', ...values, '      esac']),
      '      ;;',
    ].join('\n')
  })
  return `# Completes imagegen in bash. Written by \`imagegen completion bash\`.
_imagegen() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command='' kind='' options='' words='' action line
  ((COMP_CWORD > 1)) && command=\${COMP_WORDS[1]}
  case $command in
    '') options='${globals.join(' ')}' words='${names.join(' ')}' ;;
    help) words='${names.join(' ')}' ;;
${cases.join('\n')}
  esac
  if [[ -z $kind && $current == -* ]]; then
    kind=options
  elif [[ -z $kind && -n $words ]]; then
    kind=words
  fi
  case $kind in
    options) action=(-W "$options") ;;
    words) action=(-W "$words") ;;
    folder) action=(-d) ;;
    text) action=(-W '') ;;
    *) action=(-f) ;;
  esac
  # Slashes after folders: bash 3 has no compopt, and adds blanks there.
  [[ \${action[0]} == -W ]] || compopt -o filenames 2> /dev/null
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(compgen "\${action[@]}" -- "$current")
}

complete -F _imagegen ${BINARIES.join(' ')}
`
}

/** A text inside single quotes: every shell here ends the quotes, adds a quoted quote, and goes on. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function zsh(commands: readonly CompletedCommand[]): string {
  const described = (name: string, about: string): string =>
    quoted(`${name.replaceAll(':', String.raw`\:`)}:${about}`)
  const lines = commands.map(({ name, about }) => `    ${described(name, about)}`)
  const action = { none: '', folder: ':_files -/', file: ':_files', text: ': ' }
  const specOf = ([name, option]: readonly [string, Option]): string => {
    const about = option.about.replaceAll(/[[\]\\:]/g, String.raw`\$&`)
    const value = option.value === undefined ? '' : `:${option.value}`
    return quoted(`--${name}[${about}]${value}${action[valueKind(option)]}`)
  }
  const cases = commands.map((command) => {
    const operands = command.words.length === 0 ? '_files' : `(${command.words.join(' ')})`
    const specs = [...optionsOf(command).map(specOf), quoted(`*:operand:${operands}`)]
    return `    ${command.name})\n      _arguments -s \\\n        ${specs.join(' \\\n        ')}\n      ;;`
  })
  return `#compdef ${BINARIES.join(' ')}
# Completes imagegen in zsh. Written by \`imagegen completion zsh\`.
_imagegen() {
  local -a commands
  commands=(
${lines.join('\n')}
  )
  if ((CURRENT == 2)); then
    if [[ $words[CURRENT] == -* ]]; then
      _arguments ${Object.entries(GLOBAL)
        .map(([name, about]) => quoted(`--${name}[${about}]`))
        .join(' ')}
    else
      _describe command commands
    fi
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
    help) _describe command commands ;;
${cases.join('\n')}
  esac
}

if [[ $funcstack[1] == _imagegen ]]; then
  _imagegen "$@"
else
  compdef _imagegen ${BINARIES.join(' ')}
fi
`
}

function fish(commands: readonly CompletedCommand[]): string {
  const text = (words: string): string =>
    `'${words.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
  const names = commands.map(({ name }) => name)
  const lines = commands.flatMap((command) => {
    const where = text(`__fish_seen_subcommand_from ${command.name}`)
    const options = optionsOf(command).map(([name, option]) => {
      const value = {
        none: '',
        folder: " -x -a '(__fish_complete_directories)'",
        file: ' -r -F',
        text: ' -x',
      }[valueKind(option)]
      return `  complete -c $name -n ${where} -l ${name}${value} -d ${text(option.about)}`
    })
    const { words } = command
    const operands =
      words.length === 0 ? [] : [`  complete -c $name -n ${where} -f -a ${text(words.join(' '))}`]
    return [
      `  complete -c $name -n $bare -f -a ${command.name} -d ${text(command.about)}`,
      ...options,
      ...operands,
    ]
  })
  const globals = Object.entries(GLOBAL).map(
    ([name, about]) => `  complete -c $name -n $bare -f -l ${name} -d ${text(about)}`,
  )
  return `# Completes imagegen in fish. Written by \`imagegen completion fish\`.
for name in ${BINARIES.join(' ')}
  set -l bare 'not __fish_seen_subcommand_from ${names.join(' ')}'
${[...globals, ...lines].join('\n')}
end
`
}

import type { ProjectFiles } from './project-files.ts'

/** The quotes and the ends of statements in a project's code. */
export interface CodeStyle {
  readonly quote: "'" | '"'
  readonly end: ';' | ''
}

/** What a project's Prettier config says, in whatever language it is written; else Prettier's defaults. */
export function codeStyle(project: ProjectFiles): CodeStyle {
  const configs = project.names.filter((name) => /^\.prettierrc|^prettier\.config\./.test(name))
  const text = [...configs, 'package.json'].map((name) => project.read(name)).join('\n')
  return {
    quote: /\bsingleQuote\b["']?\s*[:=]\s*true\b/.test(text) ? "'" : '"',
    end: /\bsemi\b["']?\s*[:=]\s*false\b/.test(text) ? '' : ';',
  }
}

import type { ProjectFiles } from './project-files.ts'

/** The quotes and semicolons of a project's code. */
export interface CodeStyle {
  readonly quote: "'" | '"'
  readonly end: ';' | ''
}

/** Reads the code style from a project's Prettier config in any format, or returns Prettier's defaults. */
export function codeStyle(project: ProjectFiles): CodeStyle {
  const configs = project.names.filter((name) => /^\.prettierrc|^prettier\.config\./.test(name))
  const text = [...configs, 'package.json'].map((name) => project.read(name)).join('\n')
  return {
    quote: /\bsingleQuote\b["']?\s*[:=]\s*true\b/.test(text) ? "'" : '"',
    end: /\bsemi\b["']?\s*[:=]\s*false\b/.test(text) ? '' : ';',
  }
}

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'

/** The page, with the policy that lets nothing run but what is inside it. */
export interface PageFile {
  readonly html: string
  /** `Content-Security-Policy`. */
  readonly policy: string
}

/**
 * Reads the page that the package's build made.
 *
 * @throws ImagegenError with code `config` if the package was not built.
 */
export async function readPage(): Promise<PageFile> {
  // Found by the package's own name: built files are in another folder than the sources.
  const manifest = createRequire(import.meta.url).resolve('unplugin-imagegen/package.json')
  const file = path.join(path.dirname(manifest), 'dist/studio/page.html')
  try {
    return pageOf(await readFile(file, 'utf8'))
  } catch (error) {
    throw new ImagegenError(
      'config',
      {
        message: 'The studio’s page is not in the installed package.',
        hint: 'Install unplugin-imagegen again.',
      },
      { cause: error },
    )
  }
}

/** The page of some HTML: its own scripts and styles are named by their hash. */
export function pageOf(html: string): PageFile {
  const policy = [
    "default-src 'none'",
    `script-src ${hashes(html, 'script')}`,
    `style-src ${hashes(html, 'style')}`,
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]
  return { html, policy: policy.join('; ') }
}

function hashes(html: string, tag: 'script' | 'style'): string {
  const found = [...html.matchAll(new RegExp(`<${tag}\\b[^>]*>([\\s\\S]*?)</${tag}\\s*>`, 'gi'))]
  const named = found.map(
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  )
  return named.length === 0 ? "'none'" : named.join(' ')
}

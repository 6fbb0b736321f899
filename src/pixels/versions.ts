import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { namesIn, readFileIfThere } from '../shared/files.ts'
import { loadSharp } from './sharp.ts'

/** The versions that decide a rendition's bytes. */
export interface PixelVersions {
  readonly sharp: string
  readonly vips: string
}

/**
 * The versions of sharp and libvips, found without loading them, so that a warm build spends a millisecond instead of a
 * tenth of a second. They are read from the files beside sharp; in case of doubt sharp itself is asked.
 */
export async function readPixelVersions(): Promise<PixelVersions> {
  return versionsFromFiles() ?? versionsFromSharp()
}

/** @returns `undefined` where sharp was built on this machine, or where its files are ambiguous. */
export function versionsFromFiles(): PixelVersions | undefined {
  const folder = sharpFolder()
  // sharp prefers a local build (`src/build`), which may use any libvips.
  if (folder === undefined || existsSync(path.join(folder, 'src', 'build'))) return undefined
  const sharp = readVersion(path.join(folder, 'package.json'), 'version')
  const [vips, other] = vipsVersions(folder)
  return sharp === undefined || vips === undefined || other !== undefined
    ? undefined
    : { sharp, vips }
}

async function versionsFromSharp(): Promise<PixelVersions> {
  const { versions } = await loadSharp()
  return { sharp: versions.sharp ?? 'unknown', vips: versions.vips }
}

/** sharp's exports do not include its package.json, so the search goes upwards from its entry point. */
function sharpFolder(): string | undefined {
  let folder = path.dirname(createRequire(import.meta.url).resolve('sharp'))
  while (path.dirname(folder) !== folder) {
    if (existsSync(path.join(folder, 'package.json'))) return folder
    folder = path.dirname(folder)
  }
  return undefined
}

/**
 * The versions of libvips for this system in the nearest node_modules that has any, each once. On Windows they are in
 * the package of the binary, elsewhere in the package of libvips.
 */
function vipsVersions(sharp: string): readonly string[] {
  for (let folder = sharp; path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    const scope = path.join(folder, 'node_modules', '@img')
    const found = namesIn(scope)
      .filter(isForThisSystem)
      .map((name) => readVersion(path.join(scope, name, 'versions.json'), 'vips'))
      .filter((version) => version !== undefined)
    if (found.length > 0) return [...new Set(found)]
  }
  return []
}

function isForThisSystem(name: string): boolean {
  // `linuxmusl` counts as linux: where both are installed, they have the same version.
  return (
    name.startsWith('sharp-') &&
    name.includes(process.platform) &&
    name.endsWith(`-${process.arch}`)
  )
}

function readVersion(file: string, name: 'version' | 'vips'): string | undefined {
  const text = readFileIfThere(file)
  if (text === undefined) return undefined
  const content = JSON.parse(text.toString('utf8')) as Record<string, unknown>
  const version = content[name]
  return typeof version === 'string' ? version : undefined
}

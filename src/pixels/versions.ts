import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { isNotFound, readFileIfThere } from '../shared/files.ts'
import { loadSharp } from './sharp.ts'

/** The versions that decide a rendition's bytes. */
export interface PixelVersions {
  readonly sharp: string
  readonly vips: string
}

/**
 * Which sharp and libvips would do the work, without loading them: a warm build then spends a millisecond on it and not
 * a tenth of a second. Read from the files beside sharp; where they leave a doubt, sharp itself is asked.
 */
export async function readPixelVersions(): Promise<PixelVersions> {
  return versionsFromFiles() ?? versionsFromSharp()
}

/** @returns nothing where sharp was built on this machine, or lies where its files cannot be told apart. */
export function versionsFromFiles(): PixelVersions | undefined {
  const folder = sharpFolder()
  // A build of its own (`src/build`) is what sharp prefers, and that one may use any libvips.
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

/** sharp's exports do not offer its package.json, so it is found from its entry upwards. */
function sharpFolder(): string | undefined {
  let folder = path.dirname(createRequire(import.meta.url).resolve('sharp'))
  while (path.dirname(folder) !== folder) {
    if (existsSync(path.join(folder, 'package.json'))) return folder
    folder = path.dirname(folder)
  }
  return undefined
}

/**
 * The versions of libvips for this system in the nearest node_modules that has any, each once. On Windows they stand in
 * the package of the binary, elsewhere in that of libvips.
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
  // `linuxmusl` counts as linux: where both are installed, they are of one version.
  return (
    name.startsWith('sharp-') &&
    name.includes(process.platform) &&
    name.endsWith(`-${process.arch}`)
  )
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

function readVersion(file: string, name: 'version' | 'vips'): string | undefined {
  const text = readFileIfThere(file)
  if (text === undefined) return undefined
  const content = JSON.parse(text.toString('utf8')) as Record<string, unknown>
  const version = content[name]
  return typeof version === 'string' ? version : undefined
}

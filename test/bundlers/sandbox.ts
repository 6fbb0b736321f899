import { createHash } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { onTestFinished } from 'vitest'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts'
import { minimax } from '../../src/model/minimax/minimax.ts'
import type { Options } from '../../src/options/options.ts'

/** The key that the built files must not hold. */
export const API_KEY = 'sk-sandbox-4f1c9e'

const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url))

/** A copy of a fixture in a temporary folder, with a provider. */
export interface Sandbox {
  /** Absolute, without symbolic links. */
  readonly root: string
  readonly emulator: Emulator
  /** Options that ask the emulator, whatever the environment says. */
  readonly options: Options
  path(...parts: string[]): string
  read(file: string): string
  write(file: string, content: string | Uint8Array): void
  /** Replaces a text that must be there. */
  edit(file: string, from: string, to: string): void
  /** Requests since this was asked last. */
  asked(): number
}

export interface SandboxSettings {
  readonly fixture?: string
  /** Its name below a temporary folder. */
  readonly folder?: string
  /** Files by path. */
  readonly files?: Readonly<Record<string, string>>
  /** A store that is filled already. */
  readonly store?: string
  readonly emulator?: EmulatorOptions
}

/** A sandbox that goes away with the test. */
export async function sandbox(settings: SandboxSettings = {}): Promise<Sandbox> {
  const project = await openSandbox(settings)
  onTestFinished(() => project.dispose())
  return project
}

/** A sandbox that several tests share. */
export async function openSandbox(
  settings: SandboxSettings = {},
): Promise<Sandbox & { dispose(): Promise<void> }> {
  const { fixture = 'page', folder = 'project', files = {}, store } = settings
  const temporary = realpathSync(mkdtempSync(path.join(tmpdir(), 'imagegen-hosts-')))
  const root = path.join(temporary, folder)
  cpSync(path.join(FIXTURES, fixture), root, { recursive: true })
  if (store !== undefined) cpSync(store, path.join(root, '.imagegen'), { recursive: true })
  const emulator = await startEmulator({ rpm: 0, ...settings.emulator })
  let counted = 0

  const project = {
    root,
    emulator,
    options: optionsFor(emulator.url),
    path: (...parts: string[]) => path.join(root, ...parts),
    read: (file: string) => readFileSync(path.join(root, file), 'utf8'),
    write(file: string, content: string | Uint8Array) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
      writeFileSync(path.join(root, file), content)
    },
    edit(file: string, from: string, to: string) {
      const text = project.read(file)
      if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`)
      project.write(
        file,
        text.replace(from, () => to),
      )
    },
    asked() {
      const { requests } = emulator.stats()
      const since = requests - counted
      counted = requests
      return since
    },
    async dispose() {
      await emulator.close()
      rmSync(temporary, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  for (const [file, content] of Object.entries(files)) project.write(file, content)
  return project
}

/** Options that generate through an emulator. */
export function optionsFor(host: string, apiKey: string | undefined = API_KEY): Options {
  return {
    mode: 'generate',
    models: { 'image-01': minimax('image-01', { host, apiKey, rpm: 6000 }) },
  }
}

/** All files below a folder, by path with `/`. */
export function filesBelow(folder: string): Map<string, Buffer> {
  const found = readdirSync(folder, { withFileTypes: true, recursive: true })
  return new Map(
    found
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(folder, file).replaceAll(path.sep, '/'), readFileSync(file)]),
  )
}

/** All files below a folder with the sha256 of their bytes. */
export function hashesBelow(folder: string): Record<string, string> {
  return Object.fromEntries(
    [...filesBelow(folder)].map(([file, bytes]) => [
      file,
      createHash('sha256').update(bytes).digest('hex'),
    ]),
  )
}

/** The pictures below a folder, by path. */
export function picturesBelow(folder: string): string[] {
  return [...filesBelow(folder).keys()].filter((file) => /\.(?:avif|webp|jpe?g|png)$/.test(file))
}

export interface PictureFacts {
  readonly format: string
  readonly width: number
  readonly height: number
}

/** What a picture is, by its bytes. */
export async function look(picture: string | Uint8Array): Promise<PictureFacts> {
  const { format, width, height } = await sharp(picture).metadata()
  return { format: format === 'heif' ? 'avif' : format, width, height }
}

/** A PNG of one colour. */
export async function png(background: string): Promise<Buffer> {
  return sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .png()
    .toBuffer()
}

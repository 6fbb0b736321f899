import path from 'node:path'
import * as v from 'valibot'
import { FORMATS } from '../manifest/schema/encoders.ts'
import type { OutputFormat } from '../manifest/schema/output.ts'
import { createCacheSeal } from '../shared/cache-seal.ts'
import { readFileIfThere, replaceFile } from '../shared/files.ts'
import { sha256 } from '../shared/hash.ts'
import { safeName } from '../shared/safe-name.ts'
import type { Preview } from './preview.ts'
import { seal, unseal } from './sealed.ts'

/** The recorded facts of a finished picture. */
export interface PictureRecord extends Preview {
  readonly width: number
  readonly height: number
}

/** The recorded facts of an image. */
export interface CachedImage extends Preview {
  readonly renditions: readonly (CachedRendition & { readonly format: OutputFormat })[]
}

/** A finished file, verified. */
export interface CachedRendition {
  /** Absolute. */
  readonly file: string
  readonly width: number
  readonly height: number
  /** The file's size in bytes. */
  readonly bytes: number
  readonly sha256: string
}

/**
 * Renditions and their recorded facts, in `cacheDir`. Everything is found by its key and verified before use: records
 * are signed, files are hashed. Anything that fails verification is treated as a cache miss.
 */
export interface RenditionCache {
  /** An image with all of its files. A warm build needs only this record. */
  readImage(key: string): CachedImage | undefined
  writeImage(key: string, image: CachedImage): void
  readPicture(key: string): PictureRecord | undefined
  writePicture(key: string, record: PictureRecord): Promise<void>
  /**
   * The file with these pixels under this name. A file with another name is copied: equal recipes share their
   * renditions, and renaming an image encodes nothing.
   */
  readRendition(target: RenditionTarget): Promise<CachedRendition | undefined>
  writeRendition(target: RenditionTarget, bytes: Uint8Array, size: Size): Promise<void>
}

/** Identifies a rendition and names its file. */
export interface RenditionTarget {
  readonly key: string
  readonly format: OutputFormat
  /** The image's name in the manifest. */
  readonly name: string
}

interface Size {
  readonly width: number
  readonly height: number
}

const previewEntries = {
  blurDataURL: v.exactOptional(v.string()),
  color: v.exactOptional(v.string()),
  alpha: v.exactOptional(v.literal(true)),
}

/** The checks for a picture's record, wherever it was stored. */
export const pictureSchema: v.GenericSchema<unknown, PictureRecord> = v.strictObject({
  width: v.number(),
  height: v.number(),
  ...previewEntries,
})

const renditionSchema = v.strictObject({
  file: v.string(),
  width: v.number(),
  height: v.number(),
  bytes: v.number(),
  sha256: v.string(),
})

const imageSchema = v.strictObject({
  ...previewEntries,
  renditions: v.array(v.strictObject({ ...renditionSchema.entries, format: v.picklist(FORMATS) })),
})

export function createRenditionCache(cacheDir: string): RenditionCache {
  const cacheSeal = createCacheSeal(cacheDir)
  const recordFile = (key: string): string => path.join(cacheDir, 'records', `${key}.json`)
  const renditionFile = (name: string): string => path.join(cacheDir, 'renditions', name)

  function readRecord<Schema extends v.GenericSchema>(
    key: string,
    schema: Schema,
  ): v.InferOutput<Schema> | undefined {
    const text = readFileIfThere(recordFile(key))?.toString('utf8')
    return text === undefined ? undefined : unseal(key, text, schema, cacheSeal)
  }

  function writeRecord(key: string, record: object): void {
    replaceFile(recordFile(key), seal(key, record, cacheSeal))
  }

  /** The file's bytes, if they match the record. */
  function readVerified(
    name: string,
    expected: { bytes: number; sha256: string },
  ): Buffer | undefined {
    const bytes = readFileIfThere(renditionFile(name))
    return bytes?.length === expected.bytes && sha256(bytes) === expected.sha256 ? bytes : undefined
  }

  return {
    readImage(key) {
      const record = readRecord(key, imageSchema)
      if (record?.renditions.every((one) => readVerified(one.file, one) !== undefined) !== true) {
        return undefined
      }
      const renditions = record.renditions.map((one) => ({ ...one, file: renditionFile(one.file) }))
      return { ...record, renditions }
    },

    writeImage(key, image) {
      const renditions = image.renditions.map((one) => ({ ...one, file: path.basename(one.file) }))
      try {
        writeRecord(key, { ...image, renditions })
      } catch {
        // A read-only cache still serves what it has. Next time the record is assembled again.
      }
    },

    readPicture: (key) => readRecord(key, pictureSchema),
    writePicture: async (key, record) => writeRecord(key, record),

    async readRendition(target) {
      const record = readRecord(target.key, renditionSchema)
      if (record === undefined) return undefined
      const name = fileName(target)
      if (readVerified(name, record) === undefined) {
        const other = record.file === name ? undefined : readVerified(record.file, record)
        if (other === undefined) return undefined
        replaceFile(renditionFile(name), other)
      }
      return { ...record, file: renditionFile(name) }
    },

    async writeRendition(target, bytes, { width, height }) {
      const file = fileName(target)
      replaceFile(renditionFile(file), bytes)
      writeRecord(target.key, {
        file,
        width,
        height,
        bytes: bytes.length,
        sha256: sha256(bytes),
      })
    },
  }
}

/**
 * `<name>-<hash>.<extension>`. The name is for people and contains only characters that are safe in every file system,
 * URL and loader syntax. The hash is the start of the rendition's key.
 */
function fileName({ key, format, name }: RenditionTarget): string {
  return `${safeName(name)}-${key.slice(0, 16)}.${format === 'jpeg' ? 'jpg' : format}`
}

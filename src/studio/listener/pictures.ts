import { readFile } from 'node:fs/promises'
import path from 'node:path'
import PQueue from 'p-queue'
import { sniffMediaType, type MediaType } from '../../pixels/media-type.ts'
import { withPipelines } from '../../pixels/pipelines.ts'
import { openImage } from '../../pixels/sharp.ts'
import type { Pipeline, Survey } from '../../pipeline.ts'
import { createCacheSeal } from '../../shared/cache-seal.ts'
import { ImagegenError, messageOf } from '../../shared/errors.ts'
import { isNotFound, readFileIfThere, replaceFile } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import type { PictureKey } from '../protocol.ts'

/** One paid picture, as the store knows it. */
export type StoredPicture = ReturnType<Survey['snapshot']['lookup']>['candidates'][number]

/** Where the bytes of a picture are. */
export type PictureSource =
  | { readonly kind: 'original'; readonly candidate: StoredPicture }
  /** Absolute; a file that a manifest names, or a rendition. */
  | { readonly kind: 'file'; readonly file: string }

/** In pixels. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** A picture that a browser may be given. */
export interface ServedPicture {
  readonly mediaType: ShownMediaType
  readonly bytes: Uint8Array
}

/** Raster formats that browsers show. SVG is not one: it is a document, which runs scripts. */
const SHOWN = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const

type ShownMediaType = (typeof SHOWN)[number]

/**
 * The pictures that the page may ask for, by the sha256 of their bytes. A key that the studio did not give out leads
 * nowhere, so that no address names a file.
 */
export interface Pictures {
  /** The size of a picture as it is seen, in pixels; undefined until its thumbnail was asked for. */
  sizeOf(digest: string): PictureSize | undefined
  /** Makes a picture available, and returns the key of its thumbnail. */
  thumbnail(digest: string, source: PictureSource): PictureKey
  /** Makes a picture available, and returns its key. */
  whole(digest: string, source: PictureSource): PictureKey
  /**
   * @returns `undefined` if there is no such picture, or its bytes are not those of its key.
   * @throws ImagegenError with code `render` for a file that cannot be drawn; `unavailable` or `damaged` for an original.
   */
  read(key: string): Promise<ServedPicture | undefined>
}

/** Pixels of the longer side. */
const THUMBNAIL = 320

/** Pixels of the longer side of a picture that has to be drawn for browsers. */
const DRAWN = 4096

/** Few: rendering for the page that is being built goes first. */
const AT_ONCE = 2

/** @param onSize called when the size of one more file is known. */
export function createPictures(pipelineNow: () => Promise<Pipeline>, onSize: () => void): Pictures {
  const sources = new Map<string, PictureSource>()
  const sizes = new Map<string, PictureSize>()
  const drawing = new PQueue({ concurrency: AT_ONCE })

  async function bytesOf(digest: string): Promise<Uint8Array | undefined> {
    const source = sources.get(digest)
    if (source === undefined) return undefined
    if (source.kind === 'original') {
      return (await pipelineNow()).store.readOriginal(source.candidate)
    }
    const bytes = await readFile(source.file).catch(undefinedIfAbsent)
    return bytes !== undefined && sha256(bytes) === digest ? bytes : undefined
  }

  async function readWhole(digest: string): Promise<ServedPicture | undefined> {
    const bytes = await bytesOf(digest)
    if (bytes === undefined) return undefined
    const mediaType = sniffMediaType(bytes)
    if (isShown(mediaType)) return { mediaType, bytes }
    const drawn = await drawing.add(() =>
      draw(async () =>
        (await openImage(bytes, { autoOrient: true }))
          .resize(DRAWN, DRAWN, { fit: 'inside', withoutEnlargement: true })
          .png()
          .toBuffer(),
      ),
    )
    return { mediaType: 'image/png', bytes: drawn }
  }

  async function readThumbnail(digest: string): Promise<ServedPicture | undefined> {
    const source = sources.get(digest)
    if (source === undefined) return undefined
    const { cacheDir } = (await pipelineNow()).options
    const kept = createKeptThumbnail(cacheDir, digest)
    const thumbnail =
      kept.read() ??
      (await drawing.add(async () => {
        // Another request may have drawn it meanwhile.
        const meanwhile = kept.read()
        if (meanwhile !== undefined) return meanwhile
        const original = await bytesOf(digest)
        if (original === undefined) return undefined
        const drawn = await draw(() => drawThumbnail(original))
        kept.write(drawn)
        return drawn
      }))
    if (thumbnail === undefined) return undefined
    const { bytes, size } = thumbnail
    if (source.kind === 'file' && !sizes.has(digest)) {
      sizes.set(digest, size)
      onSize()
    }
    return { mediaType: 'image/webp', bytes }
  }

  return {
    sizeOf: (digest) => sizes.get(digest),
    thumbnail(digest, source) {
      sources.set(digest, source)
      return `thumb-${digest}`
    },
    whole(digest, source) {
      sources.set(digest, source)
      return `whole-${digest}`
    },
    async read(key) {
      const [, kind, digest = ''] = /^(thumb|whole)-([0-9a-f]{64})$/.exec(key) ?? []
      if (kind === undefined) return undefined
      return kind === 'thumb' ? readThumbnail(digest) : readWhole(digest)
    },
  }
}

function undefinedIfAbsent(error: unknown): undefined {
  if (!isNotFound(error)) throw error
}

/** Draws with the process's share of threads. A file that a person made may be no whole picture. */
async function draw<Drawn>(work: () => Promise<Drawn>): Promise<Drawn> {
  try {
    return await withPipelines(work)
  } catch (error) {
    throw new ImagegenError(
      'render',
      {
        message: `The picture cannot be drawn: ${messageOf(error)}`,
        hint: 'Open it in an image viewer, and save it again.',
      },
      { cause: error },
    )
  }
}

function isShown(mediaType: MediaType | undefined): mediaType is ShownMediaType {
  return SHOWN.some((shown) => shown === mediaType)
}

interface Thumbnail {
  readonly bytes: Uint8Array
  /** Of the whole picture. */
  readonly size: PictureSize
}

async function drawThumbnail(original: Uint8Array): Promise<Thumbnail> {
  const image = await openImage(original, { autoOrient: true })
  const { autoOrient } = await image.metadata()
  const bytes = await image
    .resize(THUMBNAIL, THUMBNAIL, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 78, effort: 2 })
    .toBuffer()
  return { bytes, size: { width: autoOrient.width, height: autoOrient.height } }
}

/** A thumbnail in the cache. It is signed: a commit that contains a cache must not decide which picture is judged. */
interface KeptThumbnail {
  read(): Thumbnail | undefined
  write(thumbnail: Thumbnail): void
}

/** Hex digits in front of the content. */
const SIGNATURE = 64

/** Bytes of the width and the height in front of the picture. */
const SIZE = 8

function createKeptThumbnail(cacheDir: string, digest: string): KeptThumbnail {
  const file = path.join(cacheDir, 'studio', `${digest}.${THUMBNAIL}`)
  const seal = createCacheSeal(cacheDir)
  return {
    read() {
      const content = readFileIfThere(file)
      if (content === undefined) return undefined
      const signature = content.toString('latin1', 0, SIGNATURE)
      const signed = content.subarray(SIGNATURE)
      if (!seal.isSigned(signature, 'sized thumbnail', digest, signed)) return undefined
      const size = { width: signed.readUInt32BE(0), height: signed.readUInt32BE(4) }
      return { bytes: signed.subarray(SIZE), size }
    },
    write({ bytes, size }) {
      try {
        const header = Buffer.alloc(SIZE)
        header.writeUInt32BE(size.width, 0)
        header.writeUInt32BE(size.height, 4)
        const signed = Buffer.concat([header, bytes])
        const signature = seal.sign('sized thumbnail', digest, signed)
        replaceFile(file, Buffer.concat([Buffer.from(signature, 'latin1'), signed]))
      } catch {
        // A cache that cannot be written costs time, nothing else.
      }
    },
  }
}

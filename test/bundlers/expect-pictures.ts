import path from 'node:path'
import { expect } from 'vitest'
import type { GeneratedImage, MediaSource } from './generated-image.ts'
import type { Built } from './hosts/host.ts'
import { API_KEY, filesBelow, look, picturesBelow, type Sandbox } from './sandbox.ts'

/** The URLs of a value, with the width that its `srcset` promises. */
function urlsOf({ src, width, format, srcset, sources }: GeneratedImage | MediaSource) {
  const entries = Object.entries({ ...sources, [format]: srcset }).flatMap(([name, text]) =>
    text.split(', ').map((entry) => {
      const [url = '', descriptor = ''] = entry.split(' ')
      return { url, format: name, width: Number(descriptor.slice(0, -1)) }
    }),
  )
  return [{ url: src, format, width }, ...entries]
}

/** Every URL of these values is a file of the format and size that they promise, and there are no other pictures. */
export async function expectPictures(
  built: Built,
  images: readonly GeneratedImage[],
): Promise<void> {
  const files = await expectFiles(built, images)
  expect(picturesBelow(built.out)).toEqual([...files].sort())
}

/**
 * Every URL of these values is a file of the format and size that they promise.
 *
 * @returns the files, from the folder of the output.
 */
export async function expectFiles(
  built: Pick<Built, 'out' | 'fileOf'>,
  images: readonly GeneratedImage[],
): Promise<ReadonlySet<string>> {
  const files = new Set<string>()
  for (const image of images) {
    expect(image.img).toEqual({ src: image.src, w: image.width, h: image.height })
    for (const shown of [image, ...(image.media ?? [])]) {
      for (const { url, format, width } of urlsOf(shown)) {
        const file = built.fileOf(url)
        files.add(path.relative(built.out, file).replaceAll(path.sep, '/'))
        const facts = await look(file)
        expect([facts.format, facts.width], url).toEqual([format, width])
        expect(Math.abs(facts.height - (width * shown.height) / shown.width)).toBeLessThan(1)
      }
    }
  }
  return files
}

/**
 * Nothing of prompts, keys, seeds, receipts or this machine is in a built file.
 *
 * @param least how many parts of keys and digests the names in the store hold at least.
 */
export function expectNoLeaks(
  folder: string,
  project: Pick<Sandbox, 'root' | 'path'>,
  least = 14,
): void {
  const names = filesBelow(project.path('.imagegen')).keys()
  const keys = [...names].flatMap((name) =>
    name.split('.').filter((part) => /^[0-9a-f]{8,}$/.test(part)),
  )
  expect(keys.length).toBeGreaterThanOrEqual(least)
  const secrets = ['cartographer', 'muted palette', '730174', API_KEY, 'promptOptimizer', 'receipt']
  const places = [project.root, path.dirname(project.root)]
  for (const [file, bytes] of filesBelow(folder)) {
    for (const secret of [...secrets, ...keys, ...places]) {
      expect(bytes.includes(secret), `${secret} in ${file}`).toBe(false)
    }
  }
}

import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { astroOriginals } from '../../src/plugin/hosts/astro-originals.ts'
import { expectNoLeaks } from './expect-pictures.ts'
import type { GeneratedImage } from './generated-image.ts'
import { filesBelow, sandbox } from './sandbox.ts'
import { viteBuild, viteValues } from './vite.ts'

/** What Astro has while it builds, as far as originals go. */
function astroAssets(): Set<string> {
  const referencedImages = new Set<string>()
  Object.assign(globalThis, { astroAsset: { referencedImages } })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'astroAsset'))
  return referencedImages
}

const FILES = {
  'src/main.js':
    "export { kira } from './cast.image.yaml'\nexport { default as hero } from './hero.image.yaml'",
}

/** What Astro reads beside the members of an image. */
type Original = GeneratedImage & { readonly fsPath: string; readonly clone: GeneratedImage }

test('Astro ships an original only if a page reads its URL, not if only `<Image>` reads it', async () => {
  const referenced = astroAssets()
  const project = await sandbox({ files: FILES })
  const values = await viteValues(project, { plugins: [astroOriginals(() => 'static')] })
  expect(referenced).toEqual(new Set())
  for (const image of [values['kira'], values['hero']] as Original[]) {
    const { fsPath, clone, alt, width, height, format } = image
    expect([...referenced]).not.toContain(fsPath)
    expect(clone).toMatchObject({ alt, width, height, format })
    expect(path.posix.basename(clone.src)).toBe(fsPath)
    expect('fsPath' in image || 'clone' in image).toBe(false)
    expect([...referenced]).not.toContain(fsPath)
    expect(image.sources).toEqual(clone.sources)
    expect([...referenced]).toContain(fsPath)
  }
  expectNoLeaks(project.path('dist-server'), project)
})

test('Astro keeps every file that a server or a browser reads while it runs', async () => {
  const referenced = astroAssets()
  const project = await sandbox({ files: FILES })
  const plugins = [astroOriginals(() => 'server')]
  const values = await viteValues(project, { plugins, build: { ssrEmitAssets: true } })
  const { kira } = values as { kira: Original }
  expect(kira.fsPath).toBeUndefined()
  const pictures = [...filesBelow(project.path('dist-server')).keys()].filter((file) =>
    /\.(?:avif|webp|jpg|png)$/.test(file),
  )
  expect(pictures.length).toBeGreaterThan(0)
  for (const file of pictures) expect([...referenced]).toContain(path.posix.basename(file))

  referenced.clear()
  await viteBuild(project, { plugins: [astroOriginals(() => 'static')] })
  const names = [...filesBelow(project.path('dist')).keys()]
  const name = names.find((file) => file.endsWith('.png'))
  expect([...referenced]).toContain(path.posix.basename(name!))
})

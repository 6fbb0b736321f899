import { createServer } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { listenToConsole } from './console.ts'
import { connectHmr } from './hmr-client.ts'
import { optionsFor, png, sandbox, type Sandbox } from './sandbox.ts'
import { looks, viteDev, type Page } from './vite-dev.ts'
import { viteConfig } from './vite.ts'

/** One image, small and quick, whose page takes updates. */
const ONE = {
  'src/one.image.yaml': [
    'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }',
    'images:',
    '  fox: { prompt: A fox in the snow, alt: A fox }',
  ].join('\n'),
  'src/main.js': `
    import { fox } from './one.image.yaml'
    export { fox }
    if (import.meta.hot) import.meta.hot.accept()
  `,
}

const promptsOf = ({ emulator }: Sandbox): string[] =>
  emulator.requests().map(({ body }) => (body as { prompt: string }).prompt)

test('placeholders of the final size at once, however slow the provider is', async () => {
  const project = await sandbox({ emulator: { faults: [{ kind: 'hang' }] } })
  const dev = await viteDev(project)
  const page = await dev.visit()
  const seen = await looks(dev, page)
  expect(seen).toHaveLength(6 * 4 + 6)
  expect(seen).toContainEqual({ name: 'kira', format: 'webp', width: 128, height: 128 })
  expect(seen).toContainEqual({ name: 'kira', format: 'jpeg', width: 64, height: 64 })
  expect(seen).toContainEqual({ name: 'hero', format: 'avif', width: 192, height: 128 })

  const { pictures } = (await dev.server.ssrLoadModule('/src/main.js')) as {
    pictures: Record<string, { src: string }>
  }
  for (const { src } of Object.values(pictures)) expect(page.pictures).toContain(src)

  await expect.poll(() => project.emulator.stats().inFlight, { timeout: 90_000 }).toBeGreaterThan(0)
  expect(await dev.visit()).toEqual(page)
})

test('pictures replace placeholders by themselves, and the page receives an update for the module it accepts', async () => {
  const project = await sandbox({
    files: {
      'src/main.js': `
        import { kira } from './cast.image.yaml'
        import hero from './hero.image.yaml'
        export const pictures = { kira, hero }
        if (import.meta.hot) import.meta.hot.accept(['./cast.image.yaml', './hero.image.yaml'], () => {})
      `,
    },
  })
  const dev = await viteDev(project)
  const hmr = await connectHmr(dev.server)
  const standIns = await dev.visit()
  const sizes = await looks(dev, standIns)

  const updated = new Set<string>()
  // Until every image has had its update.
  while (updated.size < 7) {
    await hmr.next('update')
    const page = await dev.visit()
    for (const url of page.pictures) {
      if (!standIns.pictures.includes(url)) updated.add(url.replace(/-[0-9a-f]{16}\..*/, ''))
    }
  }
  expect(hmr.left.filter(({ type }) => type === 'full-reload' || type === 'error')).toEqual([])
  expect(project.asked()).toBe(7)
  const page = await dev.visit()
  expect(page.pictures.filter((url) => standIns.pictures.includes(url))).toEqual([])
  expect((await looks(dev, page)).map(withoutUrl).sort(byText)).toEqual(
    sizes.map(withoutUrl).sort(byText),
  )
  const { pictures } = (await dev.server.ssrLoadModule('/src/main.js')) as {
    pictures: Record<string, { src: string }>
  }
  for (const { src } of Object.values(pictures)) expect(page.pictures).toContain(src)
})

test.each([
  ['that listens', {}],
  ['in another program', { server: { middlewareMode: true } }],
])('a server %s makes its pictures, and says what is wrong, with no visitor', async (_, own) => {
  const said = listenToConsole()
  const project = await sandbox({ files: { ...ONE, 'src/two.image.yaml': 'prompt: [broken' } })
  const server = await createServer(viteConfig(project, own))
  onTestFinished(() => server.close())
  if (server.httpServer !== null) await server.listen(0)
  const broken = (): number => said.filter((text) => text.includes('src/two.image.yaml:')).length
  await expect.poll(broken, POLL).toBe(1)
  await expect.poll(() => project.emulator.requests().length, POLL).toBe(8)
  expect(broken()).toBe(1)
})

test('waits until a recipe is still: saving many times requests one picture', async () => {
  const project = await sandbox({ files: ONE })
  const dev = await viteDev(project)
  const hmr = await connectHmr(dev.server)
  const standIn = await dev.visit()
  for (const animal of ['wolf', 'bear', 'hare', 'lynx']) {
    project.write(
      'src/one.image.yaml',
      ONE['src/one.image.yaml'].replace('A fox in', `A ${animal} in`),
    )
  }
  await hmr.until(async () => (await dev.visit()).pictures.join() !== standIn.pictures.join())
  expect(promptsOf(project).filter((prompt) => prompt.includes('in the snow'))).toEqual([
    'A lynx in the snow',
  ])
})

test('an edit of the manifest or of a picture that it names is seen', async () => {
  const project = await sandbox({
    files: {
      ...ONE,
      'src/one.image.yaml': [
        'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }',
        'images:',
        '  fox: { prompt: A fox in the snow, alt: A fox, references: [./face.png] }',
      ].join('\n'),
    },
  })
  const dev = await viteDev(project)
  const hmr = await connectHmr(dev.server)
  const standIn = await dev.visit()
  let first = standIn
  await hmr.until(async () => !isSame(standIn, (first = await dev.visit())))

  project.edit('src/one.image.yaml', 'alt: A fox', 'alt: A red fox')
  let page = first
  await hmr.until(async () => {
    page = await dev.visit()
    return [...page.modules.values()].join().includes('A red fox')
  })
  expect(page.pictures).toEqual(first.pictures)

  project.write('src/face.png', await png('#468'))
  await hmr.until(async () => !isSame(first, (page = await dev.visit())))
  const meanwhile = page
  await hmr.until(async () => !isSame(meanwhile, (page = await dev.visit())))
  expect(page.pictures).not.toEqual(first.pictures)
  expect(promptsOf(project).filter((prompt) => prompt.includes('fox'))).toHaveLength(2)
})

test('an edit of another manifest, to which an image refers, is seen', async () => {
  const project = await sandbox({
    files: {
      ...ONE,
      'src/one.image.yaml': ONE['src/one.image.yaml'].replace(
        'alt:',
        'references: [./sheet.image.yaml], alt:',
      ),
      'src/sheet.image.yaml': 'size: 512x512\nprompt: A sheet\nalt: ""\n',
    },
  })
  const dev = await viteDev(project)
  const hmr = await connectHmr(dev.server)
  const standIn = await dev.visit()
  let page = standIn
  await hmr.until(async () => !isSame(standIn, (page = await dev.visit())))
  const first = page
  project.edit('src/sheet.image.yaml', 'A sheet', 'Another sheet')
  await hmr.until(async () => !isSame(first, (page = await dev.visit())))
  const meanwhile = page
  await hmr.until(async () => !isSame(meanwhile, (page = await dev.visit())))
  expect(page.pictures).not.toEqual(first.pictures)
})

test('a broken manifest is an error with file and line, until it is fixed', async () => {
  listenToConsole()
  const project = await sandbox({ files: ONE })
  const dev = await viteDev(project, {}, { mode: 'placeholder' })
  const hmr = await connectHmr(dev.server)
  const whole = await dev.visit()

  project.edit('src/one.image.yaml', 'alt: A fox', 'atl: A fox')
  await hmr.next('update')
  const response = await dev.request('/src/one.image.yaml?import&imagegen')
  expect(response.status).toBe(500)
  expect(await response.text()).toContain('Unknown field')
  const error = await hmr.next('error')
  expect(JSON.stringify(error)).toMatch(/src\/one\.image\.yaml:3:\d+/)
  expect(JSON.stringify(error)).toContain('Did you mean `alt`?')
  expect(JSON.stringify(error)).not.toContain('session.ts')

  // A watcher may take two changes that follow each other at once for one.
  project.edit('src/one.image.yaml', 'atl: A fox', 'alt: A fox')
  const touch = (): number => {
    project.write('src/one.image.yaml', project.read('src/one.image.yaml'))
    return hmr.left.length
  }
  await expect.poll(touch, { ...POLL, interval: 100 }).toBeGreaterThan(0)
  expect((await dev.visit()).pictures).toEqual(whole.pictures)
})

test('a picture that a manifest names may be added later', async () => {
  listenToConsole()
  const project = await sandbox({
    files: {
      ...ONE,
      'src/one.image.yaml': [
        'images:',
        '  fox: { prompt: A fox, alt: A fox, size: 512x512, references: [../art/late.png] }',
      ].join('\n'),
    },
  })
  const dev = await viteDev(project, {}, { mode: 'placeholder' })
  const hmr = await connectHmr(dev.server)
  expect(await dev.visit().catch(String)).toMatch(
    /src\/one\.image\.yaml:2:\d+.*There is no such file/,
  )
  await hmr.next('error')
  project.write('art/late.png', await png('#684'))
  await hmr.next('update', 'full-reload')
  expect((await dev.visit()).pictures).toHaveLength(1)
})

test('a refusal of the provider appears in the overlay, and the page keeps its placeholder', async () => {
  const said = listenToConsole()
  const project = await sandbox({
    files: {
      ...ONE,
      'src/one.image.yaml': `${ONE['src/one.image.yaml']}\n  ghost: { prompt: A ghost, alt: A ghost }`,
    },
    emulator: { faults: [{ kind: 'status', code: 1026, match: 'ghost' }] },
  })
  const dev = await viteDev(project)
  const hmr = await connectHmr(dev.server)
  const standIns = await dev.visit()
  const visited = async (): Promise<readonly string[]> => {
    await dev.visit()
    return hmr.left.map(({ type }) => type)
  }
  await expect.poll(visited, POLL).toContain('error')
  expect(JSON.stringify(await hmr.next('error'))).toMatch(
    /src\/one\.image\.yaml:4:\d+ {2}ghost: .*1026/,
  )
  const page = await dev.visit()
  const ofGhost = (urls: readonly string[]): string[] => urls.filter((url) => url.includes('ghost'))
  // The same placeholder, with another label.
  expect(ofGhost(page.pictures)).toHaveLength(1)
  expect(ofGhost(page.pictures)).not.toEqual(ofGhost(standIns.pictures))
  expect(said.filter((line) => line.includes('error: ') && line.includes('ghost'))).toHaveLength(1)

  const another = await connectHmr(dev.server)
  expect(JSON.stringify(await another.next('error'))).toContain('ghost')

  project.edit('src/one.image.yaml', 'prompt: A ghost', 'prompt: A child under a sheet')
  await hmr.until(
    async () =>
      !ofGhost([...standIns.pictures, ...page.pictures]).includes(
        ofGhost((await dev.visit()).pictures).join(),
      ),
  )
  expect(promptsOf(project).filter((prompt) => prompt === 'A ghost')).toHaveLength(1)
  const later = await connectHmr(dev.server)
  expect(later.left).toEqual([])
})

test('without a key, past the budget and switched off: placeholders, and one word why', async () => {
  const said = listenToConsole()
  const [keyless, costly, off, usual] = [
    await sandbox({ files: ONE }),
    await sandbox({ files: ONE }),
    await sandbox({ files: ONE }),
    await sandbox({ files: ONE }),
  ]
  const servers = [
    await viteDev({ ...keyless, options: optionsFor(keyless.emulator.url, '') }),
    await viteDev(costly, {}, { budget: { images: 1 } }),
    await viteDev(off, {}, { dev: { generate: 'off' } }),
  ]
  for (const dev of servers) expect((await dev.visit()).pictures).toHaveLength(1)
  await expect.poll(() => said.filter((line) => /MINIMAX_API_KEY/.test(line)).length, POLL).toBe(1)
  await expect
    .poll(() => said.filter((line) => /budget of 1 image/.test(line)).length, POLL)
    .toBe(1)

  // One that asks started later: by the time it has asked, the others would have.
  const dev = await viteDev(usual)
  const hmr = await connectHmr(dev.server)
  await dev.visit()
  keyless.edit('src/one.image.yaml', 'alt: A fox', 'alt: Another fox')
  await hmr.next('update')
  expect(keyless.asked() + costly.asked() + off.asked()).toBe(0)
  expect(said.filter((line) => /MINIMAX_API_KEY/.test(line))).toHaveLength(1)
  expect(said.filter((line) => /warning: There is no API key/.test(line))).toHaveLength(1)
})

test('a restarted server continues, and no request under way is lost', async () => {
  listenToConsole()
  const project = await sandbox({ files: ONE, emulator: { latency: 1000 } })
  const dev = await viteDev(project)
  const standIns = await dev.visit()
  await expect.poll(() => project.emulator.requests().length, POLL).toBeGreaterThan(0)
  await dev.server.restart()
  // The picture may arrive before anybody listens to the new server.
  const hmr = await connectHmr(dev.server)
  await hmr.until(async () => !isSame(standIns, await dev.visit()))
  const { requests } = project.emulator.stats()
  const asked = promptsOf(project)
  expect(new Set(asked).size).toBe(asked.length)
  expect(requests).toBe(asked.length)
})

test('an edit of the configuration file is seen', async () => {
  listenToConsole()
  const project = await sandbox({
    files: { ...ONE, 'imagegen.config.ts': 'export default { defaults: { process: [] } }' },
  })
  const dev = await viteDev(project, {}, { mode: 'placeholder' })
  const hmr = await connectHmr(dev.server)
  const before = await dev.visit()
  project.write('imagegen.config.ts', 'export default { nonsense: true }')
  project.write('imagegen.config.ts', 'export default { defaults: { process: [negate] } }')
  project.write('imagegen.config.ts', 'export default { defaults: { process: ["negate"] } }')
  await hmr.until(async () => !isSame(before, await dev.visit()))
})

function isSame(left: Page, right: Page): boolean {
  return left.pictures.join() === right.pictures.join()
}

const POLL = { timeout: 90_000 }

function withoutUrl({ name, format, width, height }: Awaited<ReturnType<typeof looks>>[number]) {
  return `${name} ${format} ${width}x${height}`
}

function byText(left: string, right: string): number {
  return left < right ? -1 : 1
}
